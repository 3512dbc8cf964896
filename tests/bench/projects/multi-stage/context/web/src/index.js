document.title = "Site";
