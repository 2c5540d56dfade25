package sqlstore

import (
	"testing"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
