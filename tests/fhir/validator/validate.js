// One JSON resource a line on standard input; one line out for each error or warning.
const readline = require("readline");
const { Fhir } = require("fhir");

const fhir = new Fhir();
let number = 0;
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  number += 1;
  const resource = JSON.parse(line);
  const found = fhir.validate(resource, { errorOnUnexpected: true });
  // It tells, too, which value sets it does not hold: that says nothing of the resource.
  for (const message of found.messages.filter((each) => each.severity !== "info")) {
    console.log(JSON.stringify([number, resource.id || "", message.severity, message.location || "", message.message]));
  }
  if (!found.valid && found.messages.every((each) => each.severity === "info")) {
    console.log(JSON.stringify([number, resource.id || "", "error", "", "not valid"]));
  }
}).on("close", () => console.log(JSON.stringify(["read", number])));
