/** A button that is inactive but keeps the focus, unlike a `disabled` one. */
export function setUsable(button: HTMLButtonElement, usable: boolean): void {
  button.setAttribute('aria-disabled', String(!usable));
}

/** Calls back when an active button is pressed. */
export function onPress(button: HTMLButtonElement, pressed: () => Promise<void>): void {
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') void pressed();
  });
}
