/** A button that cannot be used now and yet keeps the focus, which one that is `disabled` would lose. */
export function setUsable(button: HTMLButtonElement, usable: boolean): void {
  button.setAttribute('aria-disabled', String(!usable));
}

/** Calls when it is pressed and can be used. */
export function onPress(button: HTMLButtonElement, pressed: () => Promise<void>): void {
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') void pressed();
  });
}
