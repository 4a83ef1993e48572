/** Seconds as `DD:HH:MM:SS`, the way lists show ages. */
export function formatAge(seconds: number): string {
  const parts = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}
