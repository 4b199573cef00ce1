/** Whether somebody is still there; its calls and timers end with it. */
export interface Life {
  dead: boolean;
}
