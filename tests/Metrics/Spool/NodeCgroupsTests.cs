using System.Diagnostics;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Spool;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests.Spool;

/// <summary>Layouts as files; and cgroups of this machine's kernel, which needs root.</summary>
public sealed class NodeCgroupsTests : IDisposable
{
    private const string Uid = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private readonly string folder = Directory.CreateTempSubdirectory("federation-cgroups-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("", "/kubepods/burstable/pod" + Uid)]
    [InlineData("", "/kubepods/pod" + Uid)]
    [InlineData("/alpha", "/alpha/kubepods/besteffort/pod" + Uid)]
    [InlineData("", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0b5f6f3e_2a5f_4b63_9d60_1c9f4f9a1c11.slice")]
    [InlineData("/kubelet.slice", "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod0b5f6f3e_2a5f_4b63_9d60_1c9f4f9a1c11.slice")]
    public void Version2_FindsAndReads(string root, string path)
    {
        File.WriteAllText(Path.Combine(folder, "cgroup.controllers"), "cpu memory");
        Write(path, "cpu.stat", "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n");
        Write(path, "memory.current", "10000\n");
        Write(path, "memory.stat", "anon 5000\ninactive_anon 77\ninactive_file 3000\n");
        // What a tenant nests in its own, and what is no pod.
        Write(path + "/c0ffee/pod" + Uid, "cpu.stat", "usage_usec 1\n");
        Write(root + "/system.slice/pod" + Uid, "cpu.stat", "usage_usec 1\n");
        var node = NodeCgroups.Find(folder)!;
        Assert.Equal([path], node.Pods(root));
        Assert.Equal(((ulong?)1_234_567_000, (ulong?)7000), (node.CpuNanoSeconds(path), node.WorkingSet(path)));
        Assert.Null(node.CpuNanoSeconds(path + "x"));
    }

    [Fact]
    public void Version1_FindsAndReads()
    {
        var path = "/kubepods/burstable/pod" + Uid;
        Write("/cpu,cpuacct" + path, "cpuacct.usage", "18446744073709551615\n");
        Write("/memory" + path, "memory.usage_in_bytes", "5000\n");
        Write("/memory" + path, "memory.stat", "inactive_file 1\ntotal_inactive_file 6000\n");
        var node = NodeCgroups.Find(folder)!;
        Assert.Equal([path], node.Pods(""));
        Assert.Equal(((ulong?)ulong.MaxValue, (ulong?)0), (node.CpuNanoSeconds(path), node.WorkingSet(path)));
        Assert.Null(NodeCgroups.Find(Path.Combine(folder, "memory")));
    }

    [Fact]
    public async Task RealPod_ShorterThanAScrape_IsKeptToItsLastLook()
    {
        await using var pod = await RealPod.StartAsync();
        var (clock, logs) = (new FakeClock(), Directory.CreateDirectory(Path.Combine(folder, "pods")));
        var options = new SpoolOptions { Folder = Path.Combine(folder, "spool"), CgroupRoot = pod.Root, PodLogs = logs.FullName };
        using var spool = new SpoolLog(options.Folder, options.Keep, 1 << 20);
        using var recorder = new SpoolRecorder(options, NodeCgroups.Find(RealPod.Mount)!, spool, clock, NullLogger<SpoolRecorder>.Instance);
        recorder.Look();
        logs.CreateSubdirectory($"lease-a_web-1_{pod.Uid}");
        for (var look = 0; look < 6; look++)
        {
            clock.Advance(options.Every);
            await pod.WorkAsync();
            recorder.Look();
        }

        var used = pod.ReadCpu();
        // It does nothing any more: this is its last word.
        await pod.EndProcessAsync();
        clock.Advance(options.Every);
        recorder.Look();
        await pod.RemoveAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        recorder.Look();

        var known = Assert.Single(spool.PodsIn(0, long.MaxValue));
        Assert.Equal(("lease-a", "web-1"), (known.Namespace, known.Name));
        Assert.True(SpoolQuery.Parse(PromQl.CgroupsOf([new("lease-a", 1000)], new Dictionary<string, string>()))!.Takes(known));
        var kept = spool.Read(new HashSet<string> { known.Path }, 0, long.MaxValue).ToArray();
        // Less than a step: the first look and the last.
        Assert.Equal(2, kept.Length);
        Assert.True(kept[0].CpuNanoSeconds < used && kept[^1].CpuNanoSeconds >= used, $"{kept[0].CpuNanoSeconds} {used} {kept[^1].CpuNanoSeconds}");
        Assert.InRange(kept[0].WorkingSet!.Value, 1UL, 1UL << 30);
    }

    private void Write(string path, string file, string text) =>
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, path.TrimStart('/'))).FullName, file), text);

    /// <summary>A pod's cgroup of this machine with a process in it that works when it is told to.</summary>
    private sealed class RealPod : IAsyncDisposable
    {
        public const string Mount = "/sys/fs/cgroup";
        private static readonly bool IsVersion2 = File.Exists($"{Mount}/cgroup.controllers");
        private const string Program = "while read -r line; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; done";
        private readonly Process process;
        private bool isRemoved;

        // What it is started anew for is counted where it is then.
        private RealPod() => process = new Process
        {
            StartInfo = new ProcessStartInfo("/bin/sh", ["-c", $"for f in {string.Join(' ', Folders.Select(f => $"{f}/kubepods/pod{Uid}/cgroup.procs"))}; do echo $$ > $f; done; exec /bin/sh -c '{Program}'"])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true,
            },
        };

        public string Uid { get; } = Guid.NewGuid().ToString();

        public string Root { get; } = $"/federation-spool-{Environment.ProcessId}";

        private string[] Folders => IsVersion2 ? [$"{Mount}{Root}"] : [$"{Mount}/cpuacct{Root}", $"{Mount}/memory{Root}"];

        public static async Task<RealPod> StartAsync()
        {
            var pod = new RealPod();
            foreach (var folder in pod.Folders)
                foreach (var part in new[] { "", "/kubepods", $"/kubepods/pod{pod.Uid}" })
                {
                    if (IsVersion2) await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName($"{folder}{part}")!, "cgroup.subtree_control"), "+cpu +memory");
                    Directory.CreateDirectory(folder + part);
                }

            pod.process.Start();
            // It has joined its cgroups.
            await pod.WorkAsync();
            return pod;
        }

        public async Task WorkAsync()
        {
            await process.StandardInput.WriteLineAsync("go");
            await process.StandardInput.FlushAsync();
            Assert.Equal("done", await process.StandardOutput.ReadLineAsync());
        }

        public ulong ReadCpu() => NodeCgroups.Find(Mount)!.CpuNanoSeconds($"{Root}/kubepods/pod{Uid}")!.Value;

        public async Task EndProcessAsync()
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync();
        }

        public async Task RemoveAsync()
        {
            isRemoved = true;
            foreach (var folder in Folders)
                foreach (var path in new[] { $"{folder}/kubepods/pod{Uid}", $"{folder}/kubepods", folder })
                    for (var attempt = 0; Directory.Exists(path); attempt++)
                    {
                        try
                        {
                            Directory.Delete(path);
                        }
                        catch (IOException) when (attempt < 100)
                        {
                            // The kernel has not let go of its process yet.
                            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                        }
                    }
        }

        public async ValueTask DisposeAsync()
        {
            await EndProcessAsync();
            if (!isRemoved) await RemoveAsync();
            process.Dispose();
        }
    }
}
