module github.com/hexabuilders/campaignd/internal/adplatform/google/protocheck

go 1.26.0

require (
	github.com/shenzhencenter/google-ads-pb v1.25.0
	google.golang.org/protobuf v1.36.11
)

require (
	cloud.google.com/go/longrunning v1.2.0 // indirect
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.40.0 // indirect
	google.golang.org/genproto v0.0.0-20260727163830-6c54dddc4772 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260727163830-6c54dddc4772 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260727163830-6c54dddc4772 // indirect
	google.golang.org/grpc v1.82.1 // indirect
)
