"""The edge and the composition: sockets, routes, gateway, HLS delivery, settings, pages."""
