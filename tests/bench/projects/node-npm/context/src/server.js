"use strict";

const express = require("express");

const app = express();
app.use(express.static("public"));
app.get("/hello", (request, response) => response.send("Hello"));
app.listen(3000);
