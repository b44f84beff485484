// Runs only in browsers without modules, so it is written in the JavaScript that they know.
document.documentElement.className += ' is-too-old';
