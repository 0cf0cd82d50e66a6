using Federation.Cli;
using Federation.Cli.Commands;

return await CommandLine.RunAsync(args, Surroundings.OfProcess());
