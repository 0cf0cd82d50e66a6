namespace Federation.Cluster.Tests.Chart;

/// <summary>A copy of the chart as it may have been before a field came.</summary>
internal sealed class OlderChart : IDisposable
{
    private OlderChart() => Folder = Directory.CreateTempSubdirectory("federation-chart-").FullName;

    public string Folder { get; }

    /// <param name="template">The definition's file.</param>
    /// <param name="field">A property of its spec.</param>
    public static OlderChart Without(string template, string field)
    {
        var chart = new OlderChart();
        foreach (var file in Directory.EnumerateFiles(Tool.Chart, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(chart.Folder, Path.GetRelativePath(Tool.Chart, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var definition = Path.Combine(chart.Folder, "templates", template);
        var lines = File.ReadAllLines(definition);
        var first = Array.FindIndex(lines, l => l.Trim() == $"{field}:");
        Assert.True(first > 0, $"{template} has no {field}.");
        var next = Array.FindIndex(lines, first + 1, l => Indent(l) <= Indent(lines[first]));
        File.WriteAllLines(definition, [.. lines[..first], .. lines[next..]]);
        return chart;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static int Indent(string line) => line.Length - line.TrimStart().Length;
}
