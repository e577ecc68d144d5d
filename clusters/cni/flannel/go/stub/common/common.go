// Package common stands in for a cloud vendor's SDK that flannel's tencent-vpc backend names and that the module proxy
// does not serve. It has only what that backend's source mentions; the node image never uses the backend.
package common

func StringPtr(value string) *string { return &value }

func BoolPtr(value bool) *bool { return &value }

func StringPtrs(values []string) []*string {
	pointers := make([]*string, len(values))
	for i := range values {
		pointers[i] = &values[i]
	}
	return pointers
}
