/* A PIN is figures alone, and its last figure sends it. */
"use strict";
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches(".pin")) return;
  field.value = field.value.replace(/\D/g, "");
  const whole = Number(field.dataset.sends);
  if (!whole || field.value.length < whole || field.readOnly) return;
  field.readOnly = true; // sent once; the answer brings another field
  field.form.requestSubmit();
});
