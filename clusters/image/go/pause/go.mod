module faultline.local/image/pause

go 1.24.0
