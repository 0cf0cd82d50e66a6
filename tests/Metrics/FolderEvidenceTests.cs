using System.Diagnostics;
using Federation.Application.Ports;
using Federation.Domain.Usage;
using Federation.Metrics.Evidence;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Metrics.Tests;

public sealed class FolderEvidenceTests : IDisposable
{
    private const long Closed = 1_000_000;
    private readonly string folder = Directory.CreateTempSubdirectory("evidence-").FullName;
    private readonly WindowEvidence window = SealedWindows.Three(FakeHasher.Instance.Keccak256)[0];
    private readonly EvidenceOptions options;
    private readonly FolderEvidence store;
    private bool isMounted;

    public FolderEvidenceTests() => store = new FolderEvidence(options = new EvidenceOptions { Folder = folder, MinFreeMiB = 1 });

    public void Dispose()
    {
        if (isMounted) Run("umount", folder);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task WhatWasPut_IsRead_ByAnotherProcessToo()
    {
        await store.PutAsync(window, 100, default);
        await store.PutAsync(window, 100, default);
        Assert.Equal(window.Lines, await new FolderEvidence(options).ReadAsync(window.Lease, window.Root, default));
        Assert.Null(await store.ReadAsync(Some.LeaseId(2), window.Root, default));
        Assert.Null(await store.ReadAsync(window.Lease, "0x/../../../../../../../../../../../../../../../../../../../../../etc/", default));
        Assert.DoesNotContain(Directory.EnumerateFiles(folder, "*.tmp", SearchOption.AllDirectories), _ => true);
    }

    [Fact]
    public async Task WhatIsKept_IsListed_Opened_AndKnowsWhoseItIs()
    {
        var windows = SealedWindows.Three(FakeHasher.Instance.Keccak256);
        Assert.Empty(await store.ListAsync(window.Lease, default));
        Assert.Null(await store.ReadersAsync(window.Lease, default));
        foreach (var one in windows) await store.PutAsync(one with { Readers = new LeaseReaders(Some.Tenant, Some.NoAddress) }, 100, default);
        foreach (var reader in new[] { store, store, new FolderEvidence(options) })
            Assert.Equal(windows.Select(w => (w.Number, w.Root, w.Lines.Count - 1)), (await reader.ListAsync(window.Lease, default)).Select(w => (w.Window, w.Root, w.Series)));
        Assert.Equal(new LeaseReaders(Some.Tenant, Some.NoAddress), await new FolderEvidence(options).ReadersAsync(window.Lease, default));
        using var lines = new StreamReader((await store.OpenAsync(window.Lease, windows[2].Root, default))!);
        Assert.Equal(string.Concat(windows[2].Lines.Select(l => l + "\n")), await lines.ReadToEndAsync());
        Assert.Null(await store.OpenAsync(window.Lease, "0x/../../../../../../../../../../../../../../../../../../../../../etc/", default));
        Assert.Null(await store.OpenAsync(Some.LeaseId(2), windows[2].Root, default));
    }

    [Fact]
    public async Task DamagedFile_IsSaid()
    {
        await store.PutAsync(window, 100, default);
        var path = Directory.EnumerateFiles(folder, "*.gz", SearchOption.AllDirectories).Single();
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[4..]);
        Assert.Contains(Path.GetDirectoryName(path)!, (await Assert.ThrowsAsync<EvidenceException>(() => store.ListAsync(window.Lease, default))).Message, StringComparison.Ordinal);
        Assert.Contains(path, (await Assert.ThrowsAsync<EvidenceException>(() => store.ReadAsync(window.Lease, window.Root, default))).Message, StringComparison.Ordinal);
    }

    // The dispute time runs from the end of the lease, whenever its last window was closed.
    [Fact]
    public async Task LeaseThatIsOver_IsKeptForTheDisputeTime_AndNoLonger()
    {
        await store.PutAsync(window, 100, default);
        await store.TidyAsync(_ => true, Closed, default);
        await store.TidyAsync(_ => false, Closed, default);
        await new FolderEvidence(options).TidyAsync(_ => false, Closed + 100, default);
        Assert.NotNull(await store.ReadAsync(window.Lease, window.Root, default));
        await store.TidyAsync(_ => false, Closed + 101, default);
        Assert.Null(await store.ReadAsync(window.Lease, window.Root, default));
    }

    [Fact]
    public async Task LeaseThatLivesAgain_AfterAReorg_BeginsItsTimeAnew()
    {
        await store.PutAsync(window, 100, default);
        await store.PutAsync(window, 50, default);
        await store.TidyAsync(_ => false, Closed, default);
        await store.TidyAsync(_ => true, Closed + 60, default);
        await store.TidyAsync(_ => false, Closed + 90, default);
        await store.TidyAsync(_ => false, Closed + 190, default);
        Assert.NotNull(await store.ReadAsync(window.Lease, window.Root, default));
    }

    [Fact]
    public async Task TooLittleFree_IsSaid_BeforeNothingIs()
    {
        Assert.Null(await store.TidyAsync(_ => true, Closed, default));
        options.MinFreeMiB = long.MaxValue;
        Assert.Contains("make the volume bigger", await store.TidyAsync(_ => true, Closed, default), StringComparison.Ordinal);
    }

    // Row 25 of the fault matrix, on a file system of its own.
    [Fact]
    public async Task FullVolume_RefusesAWindow_KeepsWhatIsThere_AndTakesItOnceThereIsRoom()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small file system needs root.");
        Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder);
        isMounted = true;
        var windows = SealedWindows.Three(FakeHasher.Instance.Keccak256);
        await store.PutAsync(windows[0], 100, default);
        await FillAsync(Path.Combine(folder, "filler"));
        var error = await Assert.ThrowsAsync<EvidenceException>(() => store.PutAsync(windows[1], 100, default));
        Assert.Contains(folder, error.Message, StringComparison.Ordinal);
        Assert.Contains("Make room", error.Message, StringComparison.Ordinal);
        Assert.Null(await store.ReadAsync(windows[1].Lease, windows[1].Root, default));
        Assert.Equal(windows[0].Lines, await store.ReadAsync(windows[0].Lease, windows[0].Root, default));
        Assert.DoesNotContain(Directory.EnumerateFiles(folder, "*.tmp", SearchOption.AllDirectories), _ => true);
        Assert.NotNull(await store.TidyAsync(_ => true, Closed, default));

        File.Delete(Path.Combine(folder, "filler"));
        await store.PutAsync(windows[1], 100, default);
        Assert.Equal(windows[1].Lines, await store.ReadAsync(windows[1].Lease, windows[1].Root, default));
        Assert.Null(await store.TidyAsync(_ => true, Closed, default));
    }

    // Laid by, and taken again by a process that knows nothing of it, to the byte; a window that was written where it belongs is here no more.
    [Fact]
    public async Task Reserve_HasWhatAProcessBeforeLeft_UntilItIsTakenAway()
    {
        var windows = SealedWindows.Three(FakeHasher.Instance.Keccak256).Select(w => w with { Readers = new LeaseReaders("0x" + new string('1', 40), "0x" + new string('2', 40)) }).ToArray();
        var reserve = new FolderReserve(folder);
        foreach (var one in windows) await reserve.PutAsync(one, 77, default);

        var next = new FolderReserve(folder);
        var waiting = await next.AllAsync(default).ToArrayAsync();
        Assert.Equal(windows.Select(w => (w.Lease, w.Number, w.Root, w.Readers, 77U)), waiting.Select(w => (w.Evidence.Lease, w.Evidence.Number, w.Evidence.Root, w.Evidence.Readers, w.KeepSeconds)));
        Assert.All(windows.Zip(waiting), pair => Assert.Equal(pair.First.Lines, pair.Second.Evidence.Lines));

        next.Remove(windows[1].Lease, windows[1].Root);
        next.Remove(windows[1].Lease, windows[1].Root);
        Assert.Equal([windows[0].Root, windows[2].Root], (await next.AllAsync(default).ToArrayAsync()).Select(w => w.Evidence.Root));
        next.Remove(windows[0].Lease, windows[0].Root);
        next.Remove(windows[2].Lease, windows[2].Root);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        await next.PutAsync(windows[0], 77, default);
        Assert.Single(await new FolderReserve(folder).AllAsync(default).ToArrayAsync());
    }

    [Fact]
    public void ReserveOfNothing_OrInTheSamePlace_IsAFault()
    {
        Assert.Contains("which is empty", Assert.Single(new EvidenceOptions { Reserve = folder }.Faults()), StringComparison.Ordinal);
        Assert.Contains("the other could not be", Assert.Single(new EvidenceOptions { Folder = folder, Reserve = folder + "/" + "." }.Faults()), StringComparison.Ordinal);
        Assert.Contains("cannot be written", Assert.Single(new EvidenceOptions { Folder = folder, Reserve = "/proc/none" }.Faults()), StringComparison.Ordinal);
        Assert.Empty(new EvidenceOptions { Folder = folder, Reserve = Path.Combine(folder, "reserve") }.Faults());
    }

    private static async Task FillAsync(string path)
    {
        await using var file = File.Create(path, 1);
        try
        {
            while (true) await file.WriteAsync(new byte[4096]);
        }
        catch (IOException)
        {
            // That is all there was.
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
