"use strict";

require("express")()
  .get("/", (request, response) => response.send("Hello from search"))
  .listen(3000);
