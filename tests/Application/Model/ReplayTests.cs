namespace Federation.Application.Tests.Model;

/// <summary>Histories that random ones once found.</summary>
public sealed class ReplayTests
{
    /// <summary>What ran between the activation that was undone and the one that stands is paid.</summary>
    [Fact]
    public void Activation_MovedByAReorg_LosesNothingMeasured() => HistoryTests.Tell([(Happening.TenantAmends, 16), (Happening.Reorg, 3)]);
}
