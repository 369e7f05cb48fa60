namespace Doppel.Cli.Commands;

/// <summary>What help says after the list of options.</summary>
internal static class HelpText
{
    private const string Root = """
        Examples:
          doppel run debian                    Debian's i386 kernel, a shell on this terminal
          doppel run debian64 --memory 512M    the same for amd64
          doppel run freedos.img               a floppy, disk, CD or kernel, told apart by content
          doppel control screen                what a running machine shows
          doppel run --kernel bzImage --initrd initrd.gz --append "console=ttyS0"
          doppel doctor                        what works on this machine

        """;

    private const string Run = """
        On a terminal, Ctrl-] leaves and Ctrl-C goes to the guest. Otherwise the guest runs unattended:
        its serial output is standard output, messages are standard error.

        Exit codes: 0 guest powered off or left, 1 failure, 2 usage, 3 file not found, 4 guest crashed,
        5 the host cannot, 124 timeout, 130 interrupted.

        Examples:
          doppel run debian
          doppel run debian --append "run=uname+-a" --timeout 60
          doppel run --kernel bzImage --initrd initrd.gz --append "console=ttyS0" --serial file:console.log
          doppel run debian64 --deterministic --hash-at 100000000
          doppel run debian --serial stdio --serial tcp:localhost:4444,server
          doppel run debian64 --smp 4
          doppel run install.iso --disk disk.img --memory 512M
          doppel run --disk disk.img,discard --display vnc:5901

        """;

    private const string Fetch = """
        Examples:
          doppel fetch                         all guests
          doppel fetch debian --anew           debian once more, with today's packages

        """;

    private const string Doctor = """
        Examples:
          doppel doctor
          doppel doctor -o json

        """;

    internal static string After(string command) => command switch
    {
        "run" => Run,
        "fetch" => Fetch,
        "doctor" => Doctor,
        _ => Root,
    };
}
