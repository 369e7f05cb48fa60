using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Doppel.Bench;

/// <summary>Entry point: see <see cref="BenchOptions.Help"/>. The table goes to stdout, progress to stderr.</summary>
internal static class Program
{
    private const string Append = "console=ttyS0 quiet panic=-1";

    private static int Main(string[] arguments)
    {
        try
        {
            string repository = Material.FindRepository();
            BenchOptions options = BenchOptions.Parse(arguments, repository);
            if (options.WantsHelp)
            {
                Console.Out.WriteLine(BenchOptions.Help);
                return 0;
            }

            return Compare(options, Contestants(options, new Material(repository)));
        }
        catch (BenchException error)
        {
            Console.Error.WriteLine("bench: " + error.Message);
            return error.ExitCode;
        }
    }

    private static List<Contestant> Contestants(BenchOptions options, Material material)
    {
        string kernel = material.Kernel(options.Kernel);
        string initrd = options.Initrd ?? Path.Combine(material.Build(), "i32.gz");
        string memory = options.MemoryMiB.ToString(CultureInfo.InvariantCulture);
        string doppel = Material.Command(options.Doppel, "nothing: build Doppel first");
        List<Contestant> all =
        [
            new("doppel", doppel, ["run", "--kernel", kernel, "--initrd", initrd, "--memory", memory + "M", "--append", Append, "--serial", "stdio", "--quiet", .. options.DoppelOptions]),
        ];
        if (options.WithQemu)
        {
            all.Add(new Contestant(
                "tcg",
                Material.Command(options.Qemu, "qemu-system-x86"),
                ["-accel", "tcg", "-m", memory, "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", kernel, "-initrd", initrd, "-append", Append]));
        }

        if (options.WithNative)
        {
            all.Add(new Contestant("native", Path.Combine(material.Build(), "guestbench32"), []));
        }

        return all;
    }

    private static int Compare(BenchOptions options, List<Contestant> contestants)
    {
        Standings standings = new(contestants);
        for (int run = 1; run <= options.Runs; run++)
        {
            foreach (Contestant contestant in contestants)
            {
                Measurement measured = contestant.Run(options.Timeout);
                standings.Add(contestant, measured);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{contestant.Name} {run}/{options.Runs}: boot {measured.Seconds["boot"]:0.00} s, rows {measured.Seconds["total"]:0.00} s"));
            }
        }

        string table = standings.Table();
        Console.Out.Write(table);
        string[] doubts = [.. standings.Doubts()];
        foreach (string doubt in doubts)
        {
            Console.Error.WriteLine("bench: " + doubt);
        }

        if (options.Markdown is not null)
        {
            File.WriteAllText(options.Markdown, string.Create(CultureInfo.InvariantCulture, $"Seconds, medians of {options.Runs} alternating runs.\n\n{table}{string.Concat(doubts.Select(doubt => "\n- " + doubt))}\n").TrimEnd('\n') + "\n");
        }

        return doubts.Any(doubt => doubt.Contains("checksums", StringComparison.Ordinal)) ? 1 : 0;
    }
}
