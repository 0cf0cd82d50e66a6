using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Host.Tests.Tenancy;

public sealed partial class GatewayDeliveryTests
{
    // Any gateway can say so: the chain's time tells whose clock it is.
    [Theory]
    [InlineData(30, false)]
    [InlineData(-30, false)]
    [InlineData(31, true)]
    [InlineData(-31, true)]
    public async Task MessageThatIsCalledInvalid_IsThisSides_WhereItsClockIsNotTheChains(int seconds, bool isLocal)
    {
        bad.Refusal = (400, "MessageInvalid", "see to the clock");
        var sight = await Delivery().ReadAsync(Bad, Some.LeaseId(1), clock.NowSeconds + seconds, default);
        Assert.Equal((false, isLocal, isLocal ? "AccessBroken" : "DatacenterSilent"), (sight.Answers, sight.IsLocal, sight.Reason));
        Assert.Contains("See to this machine's clock.", sight.Message, StringComparison.Ordinal);
    }

    // Of a chain with a block a minute the newest block is old as a rule, and no clock is wrong.
    [Fact]
    public async Task MessageThatIsCalledInvalid_IsTheDatacenters_WhereBlocksAreFarApart()
    {
        bad.Refusal = (400, "MessageInvalid", "see to the clock");
        var (delivery, block) = (Delivery(), clock.NowSeconds - 50);
        // The first that is seen may be any age.
        Assert.Equal("AccessBroken", (await delivery.ReadAsync(Bad, Some.LeaseId(1), block, default)).Reason);
        for (var i = 1; i <= 10; i++)
        {
            block += 60;
            for (var look = 0; look < 6; look++)
            {
                clock.Advance(TimeSpan.FromSeconds(10));
                Assert.Equal("DatacenterSilent", (await delivery.ReadAsync(Bad, Some.LeaseId(1), block, default)).Reason);
            }
        }
    }

    [Fact]
    public async Task MessageThatIsCalledInvalid_IsThisSides_AsSoonAsItsClockIsSetWrong()
    {
        bad.Refusal = (400, "MessageInvalid", "see to the clock");
        var stepped = new SteppedClock(clock);
        var delivery = Delivery(time: stepped);
        for (var i = 0; i < 5; i++, clock.Advance(TimeSpan.FromSeconds(12))) Assert.Equal("DatacenterSilent", (await ReadAsync(delivery, Bad)).Reason);
        stepped.Step = TimeSpan.FromHours(1);
        Assert.Equal("AccessBroken", (await ReadAsync(delivery, Bad)).Reason);
        stepped.Step = -TimeSpan.FromHours(1);
        Assert.Equal("AccessBroken", (await ReadAsync(delivery, Bad)).Reason);
        stepped.Step = TimeSpan.Zero;
        Assert.Equal("DatacenterSilent", (await ReadAsync(delivery, Bad)).Reason);
    }

    // The time of day may be set; what has passed is not changed by it.
    private sealed class SteppedClock(FakeClock clock) : TimeProvider
    {
        public TimeSpan Step { get; set; }

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Step;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(callback, state, dueTime, period);
    }
}
