package dashboard

import "time"

const usd = "USD"

func micros(units float64) int64 { return int64(units*1e6 + 0.5) }

func sampleOverview(l *locale) overviewPage {
	versus := l.T("versus.today")
	mk := func(metric string, now, before int64, spark ...int64) tile {
		f, b := known(metric, now, usd), known(metric, before, usd)
		return tile{figure: f, Delta: l.compare(f, b, versus), Spark: sparkPath(spark)}
	}
	return overviewPage{
		Partner: "Café Andino", Live: "/live", Period: "today", Periods: []string{"today", "7d", "30d"},
		Headline: l.N("overview.headline.needs", 3) + " " + l.N("overview.headline.running", 4),
		Currency: usd, Currencies: []string{usd, "COP"}, Comparison: l.T("overview.comparison.today", "zone", "America/Bogota"),
		Attention: []attention{
			{Severity: "CRITICAL", Text: "Retargeting · Carrito abandonado se pausó: se acabó el presupuesto", Campaign: "Carrito abandonado", Href: "/campaigns/3", At: sampleNow.Add(-4 * time.Minute), Actions: []link{{Label: "Cambiar el presupuesto", URL: "/campaigns/3#budget"}}},
			{Severity: "HIGH", Text: "CPA 14,20 US$ por encima de la meta de 9,00 US$", Campaign: "Búsqueda marca", Href: "/campaigns/2", At: sampleNow.Add(-2 * time.Hour), Actions: []link{{Label: l.T("alerts.acknowledge"), URL: "/alerts/1/acknowledge", Post: true}}},
			{Severity: "MEDIUM", Text: "Faltan 2 pasos para lanzar", Campaign: "Video lanzamiento", Href: "/campaigns/5", Actions: []link{{Label: l.T("tab.setup"), URL: "/campaigns/5/setup"}}},
		},
		Tiles: []tile{
			mk("spend", micros(1834.27), micros(2210.5), 3, 5, 4, 6, 8, 7, 9, 12, 11, 13),
			mk("impressions", 1284310, 1190233, 1, 2, 3, 5, 4, 6, 7, 9, 10, 9),
			mk("ctr", micros(0.02314), micros(0.0219), 4, 4, 5, 5, 6, 5, 6, 7, 6, 7),
			mk("conversions", 412, 433, 2, 3, 2, 5, 4, 3, 6, 5, 4, 4),
			mk("cpa", micros(4.452), micros(5.104), 9, 8, 8, 7, 6, 7, 6, 5, 5, 4),
			{figure: unknown("roas", "no_spend", usd)},
		},
		table: sampleTable(l),
	}
}

func sampleTable(l *locale) table {
	cols := []column{{Label: l.T("column.name"), URL: "?sort=name", Sorted: "ascending"}, {Label: l.T("column.status"), URL: "?sort=status"}, {Label: l.T("column.spend"), URL: "?sort=spend"}, {Label: l.T("column.pacing"), End: true},
		{Label: l.Metric("impressions"), End: true}, {Label: l.Metric("ctr"), End: true}, {Label: l.Metric("cpa"), End: true}}
	r := func(id, name, status, typ, objective string, spend, limit float64, tone, pacing, paceTone string, target float64) row {
		percent := min(100, int64(spend/limit*100))
		x := row{ID: id, Name: name, Status: status, Type: typ, Objective: objective, Currency: usd, Spend: known("spend", micros(spend), usd), Limit: known("spend", micros(limit), usd),
			Meter: meter{Width: percent, Tone: tone, Label: l.T("budget.label", "settled", l.Money(micros(spend), usd), "limit", l.Money(micros(limit), usd), "percent", l.Percent(percent*10000, 0))}, Pacing: pacing, PacingTone: paceTone, PacingWhy: l.T("pacing.unknown")}
		cpa := cell{figure: known("cpa", micros(4.45), usd)}
		if target > 0 {
			cpa.Goal = l.newGoal(cpa.figure, known("cpa", micros(target), usd))
		}
		x.Cells = []cell{{figure: known("impressions", int64(spend*731), usd)}, {figure: known("ctr", micros(0.0231), usd)}, cpa}
		if spend == 0 {
			x.Cells = []cell{{figure: known("impressions", 0, usd)}, {figure: unknown("ctr", "no_impressions", usd)}, {figure: unknown("cpa", "no_conversions", usd)}}
		}
		return x
	}
	return table{Columns: cols, Rows: []row{
		r("1", "Social · Navidad 2026", "ACTIVE", "SOCIAL", "SALES", 612.4, 2000, "", "1,02", "good", 5),
		r("2", "Búsqueda marca", "ACTIVE", "SEARCH", "CONVERSIONS", 1410.33, 1500, "warn", "1,31", "bad", 3),
		r("3", "Retargeting · Carrito abandonado", "PAUSED", "RETARGETING", "CONVERSIONS", 503.2, 500, "bad", "", "", 0),
		r("4", "Boletín de noviembre", "SCHEDULED", "EMAIL", "TRAFFIC", 0, 300, "", "", "", 0),
		r("5", "Video lanzamiento", "DRAFT", "VIDEO", "AWARENESS", 0, 4000, "", "", "", 0),
		r("6", "Afiliados Q3", "COMPLETED", "AFFILIATE", "SALES", 980, 1000, "", "", "", 6),
	}}
}

func sampleCampaigns(l *locale) campaignsPage {
	return campaignsPage{Live: "/live", Found: l.N("campaigns.found", 6), Statuses: []string{"DRAFT", "ACTIVE"}, Types: []string{"SEARCH", "SOCIAL"}, Next: "?cursor=x", table: sampleTable(l)}
}

func sampleHead(l *locale, tab string) campaignHead {
	return campaignHead{ID: "1", Name: "Social · Navidad 2026", Status: "ACTIVE", Type: "SOCIAL", Tab: tab, Live: "/live", Zone: "America/Bogota", Revision: 7,
		Facts: []string{l.T("objective.SALES"), "Meta Ads, TikTok", l.T("campaign.ends", "time", l.Stamp(sampleNow.AddDate(0, 0, 12)))},
		Actions: []action{
			{Name: "pause", Icon: "pause", URL: "/campaigns/1/pause", Allowed: true, Primary: true, NeedsReason: true, Question: l.T("action.question.pause"), Revision: 7,
				Effects: []effect{{Icon: "money", Text: l.T("effect.pause.stop", "amount", l.Money(micros(1387.6), usd))}, {Icon: "clock", Text: l.T("effect.pause.late")}}},
			{Name: "complete", Icon: "complete", URL: "/campaigns/1/complete", Allowed: true, NeedsReason: true, Question: l.T("action.question.complete")},
			{Name: "cancel", Icon: "cancel", Why: l.T("refused.state", "status", "activa")},
		}}
}

func sampleCampaign(l *locale) campaignPage {
	limit, settled := micros(2000), micros(1612.4)
	cpa := l.newGoal(known("cpa", micros(4.45), usd), known("cpa", micros(5), usd))
	ctr := l.newGoal(known("ctr", micros(0.0131), usd), known("ctr", micros(0.02), usd))
	conv := l.newGoal(known("conversions", 412, usd), known("conversions", 1000, usd))
	return campaignPage{
		Head: sampleHead(l, "results"), Currency: usd, ChartMetrics: []string{"spend", "impressions", "clicks", "conversions"}, ChartSteps: []string{"minute", "hour", "day"}, ChartStep: "minute", ChartNote: l.T("chart.note", "zone", "America/Bogota"),
		Tiles: []tile{{figure: known("spend", settled, usd)}, {figure: known("impressions", 1284310, usd)}, {figure: known("clicks", 16824, usd)}, {figure: ctr.Actual, Goal: ctr}, {figure: known("cpc", micros(0.0958), usd)},
			{figure: conv.Actual, Goal: conv}, {figure: cpa.Actual, Goal: cpa}, {figure: unknown("roas", "no_revenue", usd)}},
		Alerts: sampleAlerts(),
		Budget: budgetCard{Kind: "total", URL: "/campaigns/1/budget", Limit: known("limit", limit, usd), Settled: known("spend", settled, usd), Available: known("available", limit-settled, usd), Scale: "2000", FillWidth: 80, LimitAt: 100, Tone: "warn",
			Marks: []mark{{At: 50, Text: "50 %", Fired: true, Anchor: "middle"}, {At: 75, Text: "75 %", Fired: true, Anchor: "middle"}, {At: 90, Text: "90 %", Low: true, Anchor: "middle"}, {At: 100, Text: "100 %", Anchor: "end"}}, Pacing: "1,02", PacingTone: "good", AutoPause: true, Editable: true, Entered: "2000.00", Label: "…"},
		Goals:     goalsCard{Goals: []*goal{cpa, ctr, conv}, Score: "0,69", ScoreKnown: true},
		Readiness: &readiness{Title: l.N("ready.title", 2), Checks: []check{{Label: l.T("check.goals"), OK: true}, {Label: l.T("check.targeting"), OK: true}, {Label: l.T("check.creatives"), Blocking: true, Detail: "There is no creative.", Fix: "Add at least one.", Href: "/campaigns/1/setup#creatives"}, {Label: l.T("check.schedule"), Blocking: true, Detail: "No dates.", Fix: "Schedule it.", Href: "#schedule"}}},
		Aim:       "Personas de 25 a 44 años en Colombia y Perú, interesadas en café y cocina; en español.",
		Creatives: []creative{{Name: "Video 15 s", Format: "video", Channel: "meta"}, {Name: "Carrusel regalos", Format: "carousel", Channel: "tiktok"}},
	}
}

func sampleAlerts() []alertRow {
	return []alertRow{
		{ID: "1", Severity: "HIGH", State: "FIRING", Text: "CTR 1,31 %, bajo la meta de 2,00 %", At: sampleNow.Add(-35 * time.Minute), CanAcknowledge: true, Campaign: "Social · Navidad 2026", Href: "/campaigns/1"},
		{ID: "2", Severity: "MEDIUM", State: "ACKNOWLEDGED", Text: "Se gastó el 75 % del presupuesto", At: sampleNow.Add(-3 * time.Hour), By: "Laura"},
	}
}

func sampleHistory(l *locale) historyPage {
	return historyPage{Head: sampleHead(l, "history"), Entries: []entry{
		{At: sampleNow, Title: "Lanzada", Who: "Laura · panel"},
		{At: sampleNow.Add(-time.Hour), Title: "Público definido", Who: "Laura · panel", Changes: []change{{Field: "Edad", Before: "18–65", After: "25–44"}}},
	}}
}
