using Federation.Kubernetes.Tests.Leadership;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// The program is the tests, or one candidate for leadership when a test started it as such.
if (Environment.GetEnvironmentVariable(LeaderProcess.Mode) is { Length: > 0 } candidate)
{
    await LeaderProcess.StandAsync(candidate.Split('|'));
    return 0;
}

return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
    ? await TestPlatformTestFramework.RunAsync(args, Federation.Kubernetes.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
