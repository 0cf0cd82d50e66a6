// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Burns 1 % of every transfer between accounts.
contract FeeToken is ERC20("Fee", "FEE") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0), amount / 100);
    }
}

/// @title Takes 1 % on top from whoever sends.
contract OverdraftToken is ERC20("Overdraft", "OVR") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from.code.length != 0 && to != address(0)) super._update(from, address(0), amount / 100);
    }
}

/// @title Says false instead of reverting, and moves nothing.
contract FalseToken is ERC20("False", "NO") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function transfer(address, uint256) public pure override returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @title Calls somebody in the middle of each transfer, as ERC-777 does, and remembers whether the call got through.
contract ReentrantToken is ERC20("Reentrant", "RE") {
    address private _target;
    bytes private _call;
    bool public gotThrough;
    bytes public answer;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function arm(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_target != address(0)) (gotThrough, answer) = _target.call(_call);
    }
}

/// @title Says whatever it wants when it is asked for a balance.
contract LyingToken is ERC20("Lying", "LIE") {
    uint256 private _said = type(uint256).max;
    bool private _shrinks;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice The same for every account; the highest number: the truth.
    function say(uint256 balance) external {
        (_said, _shrinks) = (balance, false);
    }

    /// @notice Less with every transfer.
    function shrink() external {
        (_said, _shrinks) = (1000, true);
    }

    function balanceOf(address account) public view override returns (uint256) {
        return _said == type(uint256).max ? super.balanceOf(account) : _said;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_shrinks) --_said;
    }
}

/// @title Has a list of accounts that may neither send nor receive.
contract ListToken is ERC20("List", "LST") {
    error Listed(address account);

    mapping(address account => bool) public listed;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function put(address account, bool on) external {
        listed[account] = on;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (listed[from]) revert Listed(from);
        if (listed[to]) revert Listed(to);
        super._update(from, to, amount);
    }
}
