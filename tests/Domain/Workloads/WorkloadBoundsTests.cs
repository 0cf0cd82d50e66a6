using Federation.Domain.Workloads;

namespace Federation.Domain.Tests.Workloads;

/// <summary>What is newly delivered, held against what it can have the cluster store.</summary>
public sealed class WorkloadBoundsTests
{
    [Fact]
    public void Samples_AreWithinThem()
    {
        foreach (var folder in Directory.GetDirectories(Repository.Golden("workload")))
        {
            var json = File.ReadAllText(Path.Combine(folder, "input.json"));
            if (WorkloadParser.Parse(json).Workload is { } workload) Assert.Empty(WorkloadBounds.Faults(workload, json.Length));
        }
    }

    // Usual programs ask for their readiness every second, and large ones have many replicas.
    [Theory]
    [InlineData(1, 100, 1, 3, 200)]
    [InlineData(3, 100, 1, 3, 2_000)]
    [InlineData(64, 50, 5, 3, 1_000)]
    [InlineData(64, 1_000, 5, 3, 4_000)]
    [InlineData(1, 100, 5, 3, 30_000)]
    [InlineData(64, 1, 60, 3, 1_000)]
    public void UsualService_IsTaken(int replicas, int cpu, int period, int failures, int text) => Assert.Empty(Faults(replicas, cpu, period, failures, text));

    [Theory]
    [InlineData(64, 1, 1, 1, 100)]
    [InlineData(64, 1, 1, 3, 30_000)]
    [InlineData(1, 1, 1, 1, 30_000)]
    [InlineData(64, 1, 5, 3, 4_000)]
    public void ReadinessThatComesAndGoes_MayNotFillTheStore_AndItIsSaidWhatMay(int replicas, int cpu, int period, int failures, int text)
    {
        var fault = Assert.Single(Faults(replicas, cpu, period, failures, text));
        Assert.Equal("services[0].readiness", fault.Path);
        var named = int.Parse(fault.Problem.Split("periodSeconds ")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(named > period);
        Assert.Empty(Faults(replicas, cpu, named, failures, text));
    }

    // Ten minutes of it lie in the store until they are compacted: of today's 2 GiB one such lease is no part that matters.
    [Fact]
    public void OneMillicore_StoresLittleInTenMinutes() => Assert.InRange(WorkloadBounds.StoredPerSecond * 600 / (1 << 20), 1, 100);

    [Fact]
    public void SeveralServices_CountTogether()
    {
        string Service(int i) => $$"""{"name":"s{{i}}","replicas":8,"image":"x","resources":{"cpu":"1m","memory":"1Mi"},"readiness":{"port":80,"periodSeconds":{{(i == 3 ? 4 : 5)}} } }""";
        WorkloadFault[] Of(int count)
        {
            var json = $$"""{"services":[{{string.Join(',', Enumerable.Range(0, count).Select(Service))}}]}""";
            return [.. WorkloadBounds.Faults(WorkloadParser.Parse(json).Workload!, json.Length)];
        }

        Assert.Empty(Of(4));
        Assert.Equal("services[3].readiness", Assert.Single(Of(16)).Path);
    }

    [Theory]
    [InlineData(10_000, true)]
    [InlineData(11_500, false)]
    public void Texts_OfAProgram_HaveAMost(int text, bool isTaken)
    {
        var json = $$"""{"jobs":[{"name":"a","image":"x","resources":{"cpu":"1","memory":"1Mi"},"args":["{{new string('a', text)}}","{{new string('a', text)}}","{{new string('a', text)}}"]}]}""";
        var faults = WorkloadBounds.Faults(WorkloadParser.Parse(json).Workload!, json.Length).ToArray();
        if (isTaken) Assert.Empty(faults);
        else Assert.Contains("ConfigMaps", Assert.Single(faults).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_HasAMost()
    {
        var json = $$"""{"jobs":[{{string.Join(',', Enumerable.Range(0, 8).Select(i => $$"""{"name":"a{{i}}","image":"x","resources":{"cpu":"1","memory":"1Mi"},"args":["{{new string('a', 9_000)}}"]}"""))}}]}""";
        Assert.Equal("", Assert.Single(WorkloadBounds.Faults(WorkloadParser.Parse(json).Workload!, json.Length)).Path);
    }

    private static WorkloadFault[] Faults(int replicas, int cpu, int period, int failures, int text)
    {
        var json = $$"""{"services":[{"name":"web","replicas":{{replicas}},"image":"x","resources":{"cpu":"{{cpu}}m","memory":"1Mi"},"args":["{{new string('a', text)}}"],"readiness":{"port":80,"httpPath":"/","periodSeconds":{{period}},"failureThreshold":{{failures}} } }]}""";
        return [.. WorkloadBounds.Faults(WorkloadParser.Parse(json).Workload!, json.Length)];
    }
}
