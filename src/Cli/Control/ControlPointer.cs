using System;
using System.Globalization;
using System.Threading;
using Doppel.Backends;
using Doppel.Cli.Reporting;
using Doppel.Machine;

namespace Doppel.Cli.Control;

/// <summary>Requests for the mouse: "move RIGHT DOWN", "down BUTTON", "up BUTTON", "click BUTTON", "wheel NOTCHES".</summary>
internal sealed class ControlPointer(VirtualMachine machine)
{
    private const int MostCounts = 10_000;
    private const int StepCounts = 100;
    private const int StepMs = 15;

    private PointerButtons _held;

    internal string Do(string words)
    {
        string[] parts = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (parts)
        {
            case ["move", var right, var down]:
                Move(Number(right), Number(down));
                break;
            case ["wheel", var notches]:
                machine.Input.Pointer(0, 0, Number(notches), _held);
                break;
            case ["down", var button]:
                Hold(_held | Button(button));
                break;
            case ["up", var button]:
                Hold(_held & ~Button(button));
                break;
            case ["click", var button]:
                PointerButtons pressed = Button(button);
                Hold(_held | pressed);
                Thread.Sleep(StepMs * 4);
                Hold(_held & ~pressed);
                break;
            default:
                throw new ControlException("say: mouse move RIGHT DOWN, mouse click left, mouse down left, mouse up left, or mouse wheel NOTCHES");
        }

        return string.Empty;
    }

    // In steps that a PS/2 packet holds and a driver does not take for a jump.
    private void Move(int right, int down)
    {
        int steps = Math.Max(1, (Math.Max(Math.Abs(right), Math.Abs(down)) + StepCounts - 1) / StepCounts);
        for (int i = 1; i <= steps; i++)
        {
            machine.Input.Pointer((right * i / steps) - (right * (i - 1) / steps), (down * i / steps) - (down * (i - 1) / steps), 0, _held);
            Thread.Sleep(StepMs);
        }
    }

    private void Hold(PointerButtons buttons)
    {
        _held = buttons;
        machine.Input.Pointer(0, 0, 0, buttons);
    }

    private static int Number(string word) => int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && Math.Abs((long)value) <= MostCounts
        ? value
        : throw new ControlException(string.Create(CultureInfo.InvariantCulture, $"\"{Printable.Line(word)}\" is not a number from -{MostCounts} to {MostCounts}"));

    private static PointerButtons Button(string word) => word switch
    {
        "left" => PointerButtons.Left,
        "right" => PointerButtons.Right,
        "middle" => PointerButtons.Middle,
        _ => throw new ControlException($"\"{Printable.Line(word)}\" is no button; there are left, right, middle"),
    };
}
