"""Rules about bake files, ours and others', in HCL and JSON."""
