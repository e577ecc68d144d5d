// Package errors stands in for the SDK's error type; see package common.
package errors

type TencentCloudSDKError struct{}

func (*TencentCloudSDKError) Error() string { return "tencent-vpc: this build has no SDK" }
