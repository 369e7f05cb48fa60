namespace Doppel.Backends;

/// <summary>
/// A key of the 104-key PC keyboard by its place, not by what is printed on it: the make code of scan code set 1 in bits 6:0, bit 7 set when E0
/// precedes it (the form of the RFB extended key event). Print Screen is B7, Pause C6.
/// </summary>
/// <param name="Value">The code; 0 is no key.</param>
public readonly record struct KeyCode(byte Value);

/// <summary>Buttons of a mouse that are held down.</summary>
[System.Flags]
public enum PointerButtons : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Left.</summary>
    Left = 1,

    /// <summary>Right.</summary>
    Right = 2,

    /// <summary>Middle.</summary>
    Middle = 4,

    /// <summary>The fourth, at the side: "back".</summary>
    Back = 8,

    /// <summary>The fifth, at the side: "forward".</summary>
    Forward = 16,
}

/// <summary>Where a person's keys and mouse go. Any thread; what comes while too much waits is dropped.</summary>
public interface IInputSink
{
    /// <summary>A key goes down or up. Repetition is the keyboard's own; a key that is down and goes down again is taken as held.</summary>
    void Key(KeyCode key, bool isDown);

    /// <summary>
    /// The mouse moved by counts to the right and downwards, its wheel turned by notches towards the user, and its buttons are these now.
    /// </summary>
    void Pointer(int right, int down, int wheel, PointerButtons buttons);
}
