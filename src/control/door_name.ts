/** The name that the certificate of every control door is for, whatever its address: no authority gives one for it. */
export const DOOR_NAME = "control.nodepool.invalid";
