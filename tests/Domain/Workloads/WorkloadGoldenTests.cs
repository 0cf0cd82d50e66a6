using System.Text;
using System.Text.Json;
using Federation.Domain.Workloads;

namespace Federation.Domain.Tests.Workloads;

/// <summary>
/// <c>golden/workload/[case]/input.json</c> to <c>expected.txt</c>: the parsed workload, or its faults, one a line.
/// <c>UPDATE_GOLDEN=1</c> writes what came out, to be reviewed as a diff.
/// </summary>
public sealed class WorkloadGoldenTests
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Repository.Golden("workload")).Select(d => Path.GetFileName(d)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Parse_Case_GivesTheExpectedText(string name)
    {
        var folder = Path.Combine(Repository.Golden("workload"), name);
        var actual = Describe(WorkloadParser.Parse(File.ReadAllText(Path.Combine(folder, "input.json"))));
        var expected = Path.Combine(folder, "expected.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(expected, actual);
        Assert.Equal(File.ReadAllText(expected), actual);
    }

    [Fact]
    public void Cases_AreThere() => Assert.True(Cases.Count >= 10);

    private static string Describe(WorkloadResult result)
    {
        var text = new StringBuilder();
        foreach (var fault in result.Faults) text.Append(fault).Append('\n');
        if (result.Workload is { } workload) text.Append(JsonSerializer.Serialize(new { workload.Services, workload.Jobs }, Pretty)).Append('\n');
        return text.ToString();
    }
}
