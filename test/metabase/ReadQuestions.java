// Asks every .sql file of a folder as Metabase does: a prepared statement that is read forward, every
// value fetched. Prints the name of each, the number of its rows and its columns.
// Started as a single source file: java -cp <driver> ReadQuestions.java <jdbc url> <folder>

import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

public class ReadQuestions {
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PROBE_USER"));
    properties.setProperty("password", System.getenv("PROBE_PASSWORD"));
    try (Connection connection = DriverManager.getConnection(arguments[0], properties);
        DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(arguments[1]), "*.sql")) {
      for (Path file : files) {
        String name = file.getFileName().toString().replace(".sql", "");
        System.out.println(name + "\t" + ask(connection, Files.readString(file)));
      }
    }
  }

  static String ask(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(
            sql, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY);
        ResultSet rows = statement.executeQuery()) {
      ResultSetMetaData meta = rows.getMetaData();
      List<String> columns = new ArrayList<>();
      for (int column = 1; column <= meta.getColumnCount(); column += 1) {
        columns.add(meta.getColumnLabel(column));
      }
      int count = 0;
      while (rows.next()) {
        count += 1;
        for (int column = 1; column <= columns.size(); column += 1) read(rows, meta, column);
      }
      return count + " rows of " + String.join(",", columns);
    }
  }

  static void read(ResultSet rows, ResultSetMetaData meta, int column) throws SQLException {
    switch (meta.getColumnType(column)) {
      case Types.DATE -> rows.getObject(column, LocalDate.class);
      case Types.DECIMAL, Types.NUMERIC -> rows.getBigDecimal(column);
      default -> rows.getObject(column);
    }
  }
}
