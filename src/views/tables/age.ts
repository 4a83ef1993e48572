import { twoDigits } from "../../domain/time.ts";

/** Seconds as `DD:HH:MM:SS`, the way lists show ages. */
export function formatAge(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60];
  return `${twoDigits(days)}:${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
}
