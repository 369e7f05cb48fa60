using System;
using System.Globalization;
using System.Threading;
using Doppel.Backends;
using Doppel.Backends.Vnc;
using Doppel.Backends.Window;
using Doppel.Host;

namespace Doppel.Display.Demo;

/// <summary>
/// A screen without a machine, for trying viewers: "vnc [PORT [PASSWORD]]" serves it, "window" opens one, "verify FILE STEP" looks for the picture in
/// an X server's framebuffer file. Keys and mouse are printed; Enter changes the picture to its next step. Ends with standard input.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case ["verify", string file, string step]:
                    return Framebuffer.Shows(file, TestPicture.Draw(int.Parse(step, CultureInfo.InvariantCulture))) ? 0 : 1;
                case ["vnc", .. string[] rest]:
                    VncOptions options = new()
                    {
                        Port = rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : null,
                        Password = rest.Length > 1 ? rest[1] : null,
                        Name = "Doppel demo",
                        Note = Console.Error.WriteLine,
                    };
                    Run(input => new VncServer(options, input));
                    return 0;
                case ["window"]:
                    Run(input => new WindowDisplay("Doppel demo", input, () => Console.WriteLine("close")));
                    return 0;
                default:
                    Console.Error.WriteLine("usage: demo vnc [PORT [PASSWORD]] | window | verify FILE STEP");
                    return 2;
            }
        }
        catch (HostException error)
        {
            Console.Error.WriteLine(error.Message);
            return 5;
        }
    }

    private static void Run(Func<IInputSink, IDisplayBackend> open)
    {
        PrintedInput input = new();
        using IDisplayBackend display = open(input);
        if (display is VncServer server)
        {
            Console.WriteLine($"port {server.Port}");
        }

        Thread drawing = new(() => DrawForEver(display, input)) { IsBackground = true };
        drawing.Start();
        while (Console.In.ReadLine() is not null)
        {
            // Lines say nothing; their end does.
        }
    }

    // As a machine does: some dozen times a second while somebody looks, only what changed, all of it when nobody looked.
    private static void DrawForEver(IDisplayBackend display, PrintedInput input)
    {
        int shown = -1;
        while (true)
        {
            int step = input.Step;
            if (!display.IsWatching)
            {
                shown = -1;
            }
            else if (step != shown)
            {
                ScreenPicture picture = TestPicture.Draw(step);
                display.Show(picture, new ScreenArea(0, 0, picture.Width, picture.Height), null);
                shown = step;
            }

            Thread.Sleep(20);
        }
    }
}
