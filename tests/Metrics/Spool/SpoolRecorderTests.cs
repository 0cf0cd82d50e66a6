using Federation.Metrics.Spool;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests.Spool;

/// <summary>What a recorder vouches for, by the times at which it looked: never for a time that it did not see.</summary>
public sealed class SpoolRecorderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("federation-recorder-").FullName;
    private readonly FakeClock clock = new();
    private readonly SpoolOptions options;
    private readonly SpoolLog log;
    private readonly SpoolRecorder recorder;

    public SpoolRecorderTests()
    {
        File.WriteAllText(Path.Combine(folder, "cgroup.controllers"), "cpu memory");
        options = new SpoolOptions { Folder = Path.Combine(folder, "spool"), Cgroups = folder, PodLogs = folder };
        log = new SpoolLog(options.Folder, options.Keep, 1 << 24);
        recorder = new SpoolRecorder(options, NodeCgroups.Find(folder)!, log, clock, NullLogger<SpoolRecorder>.Instance);
        recorder.Look();
    }

    // What was seen in the last second may not be on the disk yet.
    private long KeptMs => clock.NowMs - 1000;

    public void Dispose()
    {
        recorder.Dispose();
        log.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void LooksInTime_AreWhole_ThroughTheLastThatIsOnTheDisk()
    {
        var start = clock.NowMs;
        Look(TimeSpan.FromSeconds(30));
        Assert.Null(log.Lack(start, clock.NowMs));
        Assert.Contains("not after", log.Lack(start, clock.NowMs + 1), StringComparison.Ordinal);
        Assert.Contains("not before", log.Lack(start - 1, clock.NowMs), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(11, false)]
    public void Frozen_IsAHole_AndWhatWasBeforeAndIsAfterIsWhole(int seconds, bool isWhole)
    {
        var start = clock.NowMs;
        Look(TimeSpan.FromSeconds(20));
        var frozen = clock.NowMs;
        clock.Advance(TimeSpan.FromSeconds(seconds));
        var thawed = clock.NowMs + (long)options.Every.TotalMilliseconds;
        Look(TimeSpan.FromSeconds(20));

        Assert.Equal(isWhole, log.Lack(start, KeptMs) is null);
        Assert.Equal(isWhole, log.Lack(start, frozen + 5000) is null);
        Assert.Null(log.Lack(start, frozen - 1000));
        Assert.Null(log.Lack(thawed, KeptMs));
    }

    // What can be kept in memory meanwhile is written then, and nothing is missing.
    [Fact]
    public void DiskIsFullForAWhile_NothingIsVouchedForBeforeItIsWritten()
    {
        var start = clock.NowMs;
        AddPod(0);
        Look(TimeSpan.FromSeconds(5));
        var written = clock.NowMs;
        Away(() => Look(TimeSpan.FromMinutes(7)));
        Assert.NotNull(recorder.Problem);
        Assert.Null(log.Lack(start, written - 1000));
        Assert.Contains("not after", log.Lack(start, KeptMs), StringComparison.Ordinal);
        Look(TimeSpan.FromSeconds(2));
        Assert.Null(recorder.Problem);
        Assert.Null(log.Lack(start, KeptMs));
    }

    [Fact]
    public void DiskIsFullForSoLongThatSamplesAreDropped_IsAHole()
    {
        var start = clock.NowMs;
        for (var pod = 0; pod < 100; pod++) AddPod(pod);
        Look(TimeSpan.FromSeconds(5));
        Away(() => Look(TimeSpan.FromMinutes(12)));
        var room = clock.NowMs;
        Look(TimeSpan.FromSeconds(5));
        Assert.Null(recorder.Problem);
        Assert.Contains("not before", log.Lack(start, KeptMs), StringComparison.Ordinal);
        Assert.NotNull(log.Lack(room - 60_000, KeptMs));
        Assert.NotNull(log.Lack(start, room - 60_000));
        Assert.Null(log.Lack(room + 2500, KeptMs));
    }

    // A pod that is there and does not show itself, e.g. for want of file handles, was not seen.
    [Fact]
    public void PodThatCannotBeRead_IsNoLook_AndSaidAsAProblem()
    {
        var start = clock.NowMs;
        AddPod(0);
        Look(TimeSpan.FromSeconds(5));
        var unread = clock.NowMs;
        var counter = Directory.EnumerateFiles(Path.Combine(folder, "kubepods"), "cpu.stat", SearchOption.AllDirectories).Single();
        File.Move(counter, counter + ".aside");
        Look(TimeSpan.FromSeconds(15));
        Assert.Contains("cannot be read", recorder.Problem, StringComparison.Ordinal);
        Assert.Contains("not after", log.Lack(start, KeptMs), StringComparison.Ordinal);
        File.Move(counter + ".aside", counter);
        Look(TimeSpan.FromSeconds(5));
        Assert.Null(recorder.Problem);
        Assert.NotNull(log.Lack(start, KeptMs));
        Assert.Null(log.Lack(start, unread - 1000));
        // One that is gone is none of these.
        Directory.Delete(Path.GetDirectoryName(counter)!, recursive: true);
        var gone = clock.NowMs;
        Look(TimeSpan.FromSeconds(15));
        Assert.Null(log.Lack(gone, KeptMs));
    }

    // A clock that somebody set hides no time that passed, and one that stood still with the machine none that the clock shows.
    [Theory]
    [InlineData(60_000, 60_000, "a", true)]
    [InlineData(250, 60_000, "a", true)]
    [InlineData(60_000, 250, "a", true)]
    [InlineData(250, 250, "b", true)]
    [InlineData(250, -1000, "a", true)]
    [InlineData(250, 250, "a", false)]
    public void Pause_IsTheLongerOfBothClocks_AndAnotherBootIsAnotherTime(long clockMs, long passedMs, string boot, bool isHole)
    {
        var watch = new SpoolWatch(new SpoolMoment(1_000_000, 5_000_000, "a"));
        watch.Look(new SpoolMoment(1_000_000 + clockMs, 5_000_000 + passedMs, boot));
        Assert.Equal(new SpoolSpan(isHole ? 1_000_000 + clockMs : 1_000_000, 1_000_000 + clockMs), Assert.Single(watch.Pending!.Value.Spans));
    }

    [Fact]
    public void ClockThatWasSetBack_VouchesForNothing_UntilItIsPastWhatWasSeen()
    {
        var watch = new SpoolWatch(new SpoolMoment(1_000_000, 0, "a"));
        for (var passed = 250; passed <= 30_000; passed += 250) watch.Look(new SpoolMoment(970_000 + passed, passed, "a"));
        Assert.Null(watch.Pending);
        watch.Look(new SpoolMoment(1_000_250, 30_250, "a"));
        Assert.Equal(new SpoolSpan(1_000_250, 1_000_250), Assert.Single(watch.Pending!.Value.Spans));
    }

    private void Look(TimeSpan time)
    {
        for (var end = clock.NowMs + time.TotalMilliseconds; clock.NowMs < end;)
        {
            clock.Advance(options.Every);
            recorder.Look();
        }
    }

    // No file can be made in a folder that is gone, and the open one ends by its age.
    private void Away(Action action)
    {
        Directory.Move(options.Folder, options.Folder + ".aside");
        action();
        Directory.Move(options.Folder + ".aside", options.Folder);
    }

    private void AddPod(int number)
    {
        var pod = Directory.CreateDirectory(Path.Combine(folder, "kubepods", $"pod{new Guid(number, 1, 1, new byte[8])}")).FullName;
        File.WriteAllText(Path.Combine(pod, "cpu.stat"), "usage_usec 5\n");
        File.WriteAllText(Path.Combine(pod, "memory.current"), "5\n");
        File.WriteAllText(Path.Combine(pod, "memory.stat"), "inactive_file 1\n");
    }
}
