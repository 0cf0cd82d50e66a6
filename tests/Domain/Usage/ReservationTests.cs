using Federation.Domain.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

public class ReservationTests
{
    private const long Activated = 1_800_000_000_000;

    // Windows of any length, downtime that rises by no more than time does, and looks that know of downtime after the window's end.
    [Fact]
    public void AnyWindows_AddUpToTheLife_LessWhatIsCredited_AndNeverFall() => Check.QuickThrowOnFailure(Prop.ForAll<(ushort Window, byte Down, byte Late)[], ushort>((windows, bps) =>
    {
        bps = (ushort)(bps % 10_001);
        var (position, through, down) = (UsagePosition.StartingAt(Activated), Activated, 0L);
        foreach (var (window, part, late) in windows ?? [])
        {
            through += window;
            down += window * part / byte.MaxValue;
            var held = Reservation.Held(position, Activated, through, down + late, bps);
            Assert.InRange(held, position.ReservedMs ?? 0, through - Activated);
            Assert.True(held >= through - Activated - ((down + late) * bps / 10_000) - 1);
            position = position with { ReservedMs = held };
        }

        Assert.Equal(through - Activated, Reservation.Held(UsagePosition.StartingAt(Activated), Activated, through, down, 0));
        Assert.InRange((position.ReservedMs ?? 0) - (through - Activated - (down * bps / 10_000)), -byte.MaxValue, byte.MaxValue);
    }));

    [Fact]
    public void ActivationThatTurnsOutToBeLater_IsWhatCounts() =>
        Assert.Equal(40, Reservation.Held(UsagePosition.StartingAt(Activated) with { ReservedMs = 70 }, Activated + 60, Activated + 100, 0, 0));

    [Fact]
    public void BeforeTheActivation_NothingIsHeld() => Assert.Equal(0, Reservation.Held(UsagePosition.StartingAt(Activated), Activated, Activated - 5, 0, 0));

    [Fact]
    public void MoreDowntimeThanLife_LeavesNothing() => Assert.Equal(0, Reservation.Held(UsagePosition.StartingAt(Activated), Activated, Activated + 10, 1000, 10_000));
}
