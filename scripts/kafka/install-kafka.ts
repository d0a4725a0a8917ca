// Gets Apache Kafka's jars through Maven, from whichever repository the machine's Maven is set to.
// Needs neither a distribution tarball nor a container. The jars land under another name first, so
// an interrupted download is not taken for an installation.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../connections/engines/engine-error.ts'

// 4.4.0 is announced but does not resolve.
export const KAFKA_VERSION = '4.3.1'
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>terrace.development</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <!-- Kafka brings the logging interface only; without an implementation it is silent. -->
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`

/** The folder of jars, whether it exists or not. */
export function kafkaJars(folder: string): string {
  return join(folder, `lib-${KAFKA_VERSION}`)
}

export function isKafkaInstalled(folder: string): boolean {
  return existsSync(kafkaJars(folder))
}

/** Downloads once; a second call finds the jars and returns. */
export function installKafka(folder: string): void {
  const jars = kafkaJars(folder)
  if (existsSync(jars)) return
  requireCommand('java', 'a Java runtime, 17 or later (Debian: openjdk-17-jre-headless)')
  requireCommand('mvn', 'Maven (Debian: maven)')
  const unfinished = `${jars}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const pom = join(unfinished, 'pom.xml')
  writeFileSync(pom, POM)
  const run = spawnSync(
    'mvn',
    ['-q', '-B', '-f', pom, PLUGIN, `-DoutputDirectory=${unfinished}`, '-DincludeScope=runtime'],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (run.status !== 0) {
    throw new EngineError(
      `Maven could not get Kafka ${KAFKA_VERSION} (${run.error?.message ?? `exit ${run.status}`}); ` +
        'its own message stands above. Check the network and the mirrors in its settings.xml.',
    )
  }
  renameSync(unfinished, jars)
}

function requireCommand(command: string, what: string): void {
  if (spawnSync(command, ['-version'], { stdio: 'ignore' }).error) {
    throw new EngineError(`Kafka needs \`${command}\`: install ${what}.`)
  }
}
