using Federation.Metrics.Spool;

namespace Federation.Metrics.Tests.Spool;

public sealed class SpoolLogTests : IDisposable
{
    private const long Start = 1_764_372_000_000;
    private static readonly SpooledPod Web = new("/kubepods/burstable/pod0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11", "lease-a", "web-1");
    private static readonly SpooledPod Job = new("/kubepods/pod4c1d9f8a-77aa-4b0e-8d7e-e2f1b0a9c922", "", "");
    private static readonly IReadOnlySet<string> Both = new HashSet<string> { Web.Path, Job.Path };
    private readonly string folder = Directory.CreateTempSubdirectory("federation-spool-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void WhatIsAppended_IsRead_AlsoAfterAStart()
    {
        using (var log = Open()) Fill(log);
        using var again = Open();
        Assert.Equal(Samples, again.Read(Both, 0, long.MaxValue));
        Assert.Equal([Web, Job], again.PodsIn(0, long.MaxValue));
        // The begin is not in it, the end is.
        Assert.Equal(Samples.Where(s => s.AtMs > Start + 1000 && s.AtMs <= Start + 3000), again.Read(Both, Start + 1000, Start + 3000));
        Assert.Empty(again.Read(new HashSet<string>(), 0, long.MaxValue));
        Assert.Equal([Job], again.PodsIn(Start + 3500, Start + 4000));
    }

    [Fact]
    public void KilledAtAnyByte_WholeLinesAreThere_AndNothingThatComesLaterIsLost()
    {
        using (var log = Open()) Fill(log);
        var file = Assert.Single(Directory.GetFiles(folder));
        var bytes = File.ReadAllBytes(file);
        for (var length = 0; length <= bytes.Length; length++)
            foreach (var rest in new[] { 0, 512 })
            {
                // A block that was allocated and never written is zeros.
                File.WriteAllBytes(file, [.. bytes[..length], .. new byte[rest]]);
                var lines = System.Text.Encoding.UTF8.GetString(bytes[..length]).Split('\n')[..^1];
                var whole = lines.Count(l => char.IsAsciiDigit(l[0]));
                var later = new SpoolSample(Web, Start + 60_000, 99, null);
                using (var log = Open())
                {
                    Assert.Equal(Samples.Take(whole), log.Read(Both, 0, long.MaxValue));
                    log.Append([later], Start + 60_000);
                    Assert.Equal([.. Samples.Take(whole), later], log.Read(Both, 0, long.MaxValue));
                }

                using (var log = Open()) Assert.Equal([.. Samples.Take(whole), later], log.Read(Both, 0, long.MaxValue));
                foreach (var other in Directory.GetFiles(folder).Where(f => f != file)) File.Delete(other);
            }
    }

    [Fact]
    public void OldAndTooMany_Go_TheOldestFirst()
    {
        using var log = new SpoolLog(folder, TimeSpan.FromMinutes(30), 1 << 20);
        for (var minute = 0; minute <= 120; minute++) log.Append([new SpoolSample(Web, At(minute), (ulong)minute, null)], At(minute));
        var kept = log.Read(Both, 0, long.MaxValue).ToArray();
        Assert.InRange(kept[0].AtMs, At(84), At(90));
        Assert.Equal(At(120), kept[^1].AtMs);

        using var small = new SpoolLog(folder, TimeSpan.FromDays(1), 300);
        small.Append([], At(120));
        Assert.InRange(Directory.GetFiles(folder).Sum(f => new FileInfo(f).Length), 1, 300);
        Assert.Equal(At(120), small.Read(Both, 0, long.MaxValue).Last().AtMs);

        static long At(int minute) => Start + (minute * 60_000L);
    }

    [Fact]
    public void DiskIsFull_NothingOfBeforeIsLost_AndItGoesOnOnceThereIsRoom()
    {
        using var log = Open();
        Fill(log);
        var file = Directory.GetFiles(folder)[0];
        var aside = folder + ".aside";
        // No file can be made in a folder that is gone; the open one is closed by its age.
        Directory.Move(folder, aside);
        Assert.ThrowsAny<IOException>(() => log.Append([Samples[0]], Start + 600_000));
        Directory.Move(aside, folder);
        var later = new SpoolSample(Job, Start + 601_000, 7, 8);
        log.Append([later], Start + 601_000);
        Assert.Equal([.. Samples, later], log.Read(Both, 0, long.MaxValue));
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void WhatIsTooOld_IsNotVouchedForAnyMore_AlsoAfterAStart()
    {
        using (var log = new SpoolLog(folder, TimeSpan.FromMinutes(30), 1 << 20))
        {
            for (var minute = 0; minute <= 120; minute++) log.Append([], At(minute), ([new SpoolSpan(At(minute - 1), At(minute))], Moment(At(minute))));
            AssertVouches(log);
        }

        using var again = new SpoolLog(folder, TimeSpan.FromMinutes(30), 1 << 20);
        AssertVouches(again);

        static void AssertVouches(SpoolLog log)
        {
            Assert.Null(log.Lack(At(90), At(120)));
            Assert.Contains("since", log.Lack(At(83), At(120)), StringComparison.Ordinal);
            Assert.Contains($"through {DateTimeOffset.FromUnixTimeMilliseconds(At(120)):O}, and not after", log.Lack(At(90), At(120) + 1), StringComparison.Ordinal);
        }

        static long At(int minute) => Start + (minute * 60_000L);
    }

    [Theory]
    [InlineData(5_000, Start + 1000)]
    [InlineData(60_000, Start + 64_000)]
    public void BeginsAnew_WhereAStartTookLong(long pause, long begin)
    {
        using (var log = Open()) Fill(log);
        using var again = Open();
        var (watch, now) = (new SpoolWatch(again.Last), Start + 4000 + pause);
        watch.Look(Moment(now));
        again.Append([], now, watch.Pending);
        Assert.Null(again.Lack(begin, now));
        Assert.Contains($"since {DateTimeOffset.FromUnixTimeMilliseconds(begin):O}", again.Lack(begin - 1, now), StringComparison.Ordinal);
        // What was whole before stays so.
        Assert.Null(again.Lack(Start + 1000, Start + 4000));
    }

    private static SpoolMoment Moment(long ms) => new(ms, ms - Start + 1_000_000, "a");

    private static SpoolSample[] Samples { get; } =
    [
        new(Web, Start + 1000, 100, 4096), new(Job, Start + 1001, 0, 0), new(Web, Start + 3000, 18_446_744_073_709_551_615, null), new(Job, Start + 4000, 1_000_000_007, 123),
    ];

    private SpoolLog Open() => new(folder, TimeSpan.FromHours(6), 1 << 20);

    private static void Fill(SpoolLog log)
    {
        log.Append(Samples[..2], Start + 1500, ([new SpoolSpan(Start + 1000, Start + 1500)], Moment(Start + 1500)));
        log.Append(Samples[2..], Start + 4000, ([new SpoolSpan(Start + 1500, Start + 4000)], Moment(Start + 4000)));
    }
}
