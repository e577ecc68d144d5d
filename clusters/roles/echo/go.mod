module faultline.local/echo

go 1.24.0
