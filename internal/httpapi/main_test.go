package httpapi_test

import (
	"testing"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
