namespace Doppel.Backends.Vnc.Keys;

/// <summary>
/// The pointer of one client. The guest's mouse knows only movement, so positions become the way from the last one; at an edge of the screen a
/// whole screen more is added once, which brings the guest's pointer to that edge and both together again. One thread.
/// </summary>
internal sealed class ClientPointer
{
    // Bits of a PointerEvent (RFC 6143, 7.5.5).
    private const int LeftBit = 1;
    private const int MiddleBit = 2;
    private const int RightBit = 4;
    private const int WheelUpBit = 8;
    private const int WheelDownBit = 16;

    // QEMU's pointer motion change: a position is this when nothing moved.
    private const int RelativeZero = 0x7FFF;

    private readonly IInputSink _input;
    private bool _isKnown;
    private int _x;
    private int _y;
    private int _bits;
    private PointerButtons _buttons;

    internal ClientPointer(IInputSink input) => _input = input;

    /// <summary>A client that sends positions.</summary>
    internal void Absolute(int x, int y, int bits, int width, int height)
    {
        int right = 0;
        int down = 0;
        if (_isKnown)
        {
            right = Way(_x, x, width);
            down = Way(_y, y, height);
        }

        (_isKnown, _x, _y) = (true, x, y);
        Send(right, down, bits);
    }

    /// <summary>A client that sends movement.</summary>
    internal void Relative(int x, int y, int bits)
    {
        _isKnown = false;
        Send(x - RelativeZero, y - RelativeZero, bits);
    }

    /// <summary>Lets go of all buttons.</summary>
    internal void ReleaseAll()
    {
        if (_buttons != PointerButtons.None)
        {
            Send(0, 0, 0);
        }
    }

    private static int Way(int from, int to, int size)
    {
        if (from == to)
        {
            return 0;
        }

        int extra = to <= 0 ? -size : to >= size - 1 ? size : 0;
        return to - from + extra;
    }

    private void Send(int right, int down, int bits)
    {
        int pressed = bits & ~_bits;
        int wheel = ((pressed & WheelDownBit) != 0 ? 1 : 0) - ((pressed & WheelUpBit) != 0 ? 1 : 0);
        _bits = bits;
        PointerButtons buttons = ((bits & LeftBit) != 0 ? PointerButtons.Left : 0)
            | ((bits & MiddleBit) != 0 ? PointerButtons.Middle : 0)
            | ((bits & RightBit) != 0 ? PointerButtons.Right : 0);
        if (right != 0 || down != 0 || wheel != 0 || buttons != _buttons)
        {
            _buttons = buttons;
            _input.Pointer(right, down, wheel, buttons);
        }
    }
}
