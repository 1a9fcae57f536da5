export function start(section) {
}
