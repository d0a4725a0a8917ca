// What the Java driver must be able to do; prints one line per finding, or fails with the first
// difference. Started as a single source file: java -cp <driver> JdbcProbe.java <jdbc url>

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

public class JdbcProbe {
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PROBE_USER"));
    properties.setProperty("password", System.getenv("PROBE_PASSWORD"));
    try (Connection connection = DriverManager.getConnection(arguments[0], properties);
        Statement statement = connection.createStatement()) {
      reads(statement);
      writes(connection, statement);
      fails(statement);
      listsTables(connection);
    }
    refusesWrongPassword(arguments[0]);
  }

  static void reads(Statement statement) throws SQLException {
    try (ResultSet rows = statement.executeQuery(
        "select toInt64(9007199254740993) as id, toDecimal64('12345678901.2345', 4) as amount,"
            + " toDate('2024-02-29') as day, 'é\n' as text")) {
      expect("a row", true, rows.next());
      expect("int64", 9007199254740993L, rows.getLong("id"));
      expect("decimal", new BigDecimal("12345678901.2345"), rows.getBigDecimal("amount"));
      expect("date", "2024-02-29", rows.getDate("day").toString());
      expect("text", "é\n", rows.getString("text"));
    }
    try (ResultSet rows = statement.executeQuery("select number, toString(number) from numbers(300000)")) {
      long count = 0;
      long sum = 0;
      while (rows.next()) {
        count += 1;
        sum += rows.getLong(1);
      }
      expect("rows of a large result", 300000L, count);
      expect("their sum", 44999850000L, sum);
    }
  }

  static void writes(Connection connection, Statement statement) throws SQLException {
    statement.execute("drop table if exists jdbc_probe");
    statement.execute("create table jdbc_probe (id Int64, name String) engine = MergeTree order by id");
    String sql = "insert into jdbc_probe (id, name) values (?, ?)";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      for (int row = 0; row < 1000; row += 1) {
        insert.setLong(1, row);
        insert.setString(2, "it's \\ row " + row);
        insert.addBatch();
      }
      insert.executeBatch();
    }
    try (PreparedStatement select = connection.prepareStatement("select count(), max(name) from jdbc_probe where id < ?")) {
      select.setLong(1, 500);
      try (ResultSet rows = select.executeQuery()) {
        rows.next();
        expect("rows of a batch", 500L, rows.getLong(1));
        expect("its text", "it's \\ row 99", rows.getString(2));
      }
    }
    statement.execute("drop table jdbc_probe");
  }

  static void fails(Statement statement) {
    try {
      statement.executeQuery("select * from no_such_table").close();
      throw new IllegalStateException("a query of a missing table did not fail");
    } catch (SQLException error) {
      String text = error.toString() + error.getCause();
      if (!text.contains("no_such_table")) throw new IllegalStateException(text);
      System.out.println("ok missing table: code " + error.getErrorCode());
    }
  }

  static void listsTables(Connection connection) throws SQLException {
    try (ResultSet tables = connection.getMetaData().getTables(null, "system", "one", null)) {
      expect("metadata of system.one", true, tables.next());
    }
  }

  static void refusesWrongPassword(String url) throws SQLException {
    Properties wrong = new Properties();
    wrong.setProperty("user", System.getenv("PROBE_USER"));
    wrong.setProperty("password", "not it");
    try (Connection connection = DriverManager.getConnection(url, wrong);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select 1")) {
      throw new IllegalStateException("a wrong password was let in");
    } catch (SQLException error) {
      System.out.println("ok wrong password");
    }
  }

  static void expect(String what, Object wanted, Object found) {
    if (!wanted.equals(found)) {
      throw new IllegalStateException(what + ": wanted " + wanted + ", found " + found);
    }
    System.out.println("ok " + what + ": " + found.toString().trim());
  }
}
