using Federation.Application.Access;
using Federation.Testing;

namespace Federation.Application.Tests.Access;

public sealed class ContractTurnsTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void AddressWithoutCode_IsAskedAboutOneAtATime_AndOnceAMinute()
    {
        var turns = new ContractTurns(clock);
        Assert.False(turns.IsNone("0xAb"));
        using (var turn = turns.Take("caller", "0xAb"))
        {
            Assert.Null(turns.Take("another", "0xaB"));
            using var other = turns.Take("another", "0xcd");
            Assert.NotNull(other);
            turn!.Learn(isContract: false);
        }

        Assert.True(turns.IsNone("0xaB"));
        Assert.False(turns.IsNone("0xcd"));
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.True(turns.IsNone("0xAb"));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(turns.IsNone("0xAb"));
        Assert.NotNull(turns.Take("caller", "0xAb"));
    }

    // Else whoever asks without a pause would keep its tenant out.
    [Fact]
    public void Contract_IsAskedBySeveral_WithinWhatACallerMay()
    {
        var turns = new ContractTurns(clock, most: 3);
        using (var first = turns.Take("caller", "0xAb")) first!.Learn(isContract: true);
        Assert.False(turns.IsNone("0xAb"));
        using var one = turns.Take("caller", "0xAb");
        using var two = turns.Take("caller", "0xAb");
        Assert.NotNull(one);
        Assert.NotNull(two);
        Assert.Null(turns.Take("caller", "0xAb"));
        using var tenant = turns.Take("tenant", "0xAb");
        Assert.NotNull(tenant);
        Assert.Null(turns.Take("another", "0xcd"));
    }

    [Fact]
    public void TurnThatFailed_LeavesNothing()
    {
        var turns = new ContractTurns(clock);
        turns.Take("caller", "0xAb")!.Dispose();
        Assert.False(turns.IsNone("0xAb"));
        using var again = turns.Take("caller", "0xAb");
        Assert.NotNull(again);
    }
}
