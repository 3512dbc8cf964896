"""Messages of the gateway and of LLB, made by protoc from the `.proto` files here (`python -m tests.protos`)."""
