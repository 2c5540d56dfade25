package targeting

// Sentence says whom the configuration is for, in plain words.
func (c Configuration) Sentence(lang string) string { return "" }
