using System.Runtime.InteropServices;

namespace Federation.Host;

/// <summary>
/// glibc's heap, from which the runtime and OpenSSL allocate: left alone it keeps an arena for each thread, and in each what a burst
/// left behind (mallopt(3), malloc_trim(3)). With another C library nothing is done.
/// </summary>
internal static partial class NativeHeap
{
    private const int ArenaMax = -8;

    /// <summary>Before the first thread allocates: all share one arena.</summary>
    public static void ShareOneArena() => Try(() => MallOpt(ArenaMax, 1));

    /// <summary>Gives free pages back to the kernel.</summary>
    public static void Trim() => Try(() => MallocTrim(0));

    private static void Try(Func<int> call)
    {
        try
        {
            call();
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            // musl and others have neither.
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keep);
}
