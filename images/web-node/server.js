"use strict";

const { createApp } = require("./lib/app.js");

const port = Number(process.env.PORT ?? 3000);
const server = createApp().listen(port, () => console.log(`guest book on port ${port}`));

// Node as process 1 ignores SIGTERM unless told otherwise, and `docker stop` would wait its ten seconds.
process.on("SIGTERM", () => server.close(() => process.exit(0)));
