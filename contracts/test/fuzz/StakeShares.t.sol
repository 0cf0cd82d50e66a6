// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {RegistryFixture} from "../concrete/registry/RegistryFixture.sol";

/// @title Shares of a stake pool: nobody gains or loses by what others do, beyond rounding; no pool owes more than it has.
contract StakeSharesFuzzTest is RegistryFixture {
    /// @dev Units that one account can lose or gain: at every stake and withdrawal less than one share's price and one unit.
    function _price() private view returns (uint256) {
        IDatacenterRegistry.StakePool memory p = _pool();
        return (uint256(p.assets) + 1) / (p.shares + VIRTUAL) + 1;
    }

    function _worth(address account) private view returns (uint256) {
        IDatacenterRegistry.StakePool memory p = _pool();
        uint256 shares = _shares(account) + _unbonding(account).shares;
        return shares * (uint256(p.assets) + 1) / (p.shares + VIRTUAL);
    }

    function testFuzz_StakeAndLeave(uint256 first, uint256 reward, uint256 slashed, uint256 second) external {
        first = bound(first, 1, FUNDS);
        second = bound(second, 1, FUNDS);
        reward = bound(reward, 0, FUNDS);
        _stake(alice, first);
        if (reward != 0) _reward(reward);
        slashed = bound(slashed, 0, _free());
        if (slashed == _pool().assets) --slashed; // all: another test
        _lockSlice(slashed);
        _slash(slashed, _none());

        uint256 hers = _worth(alice);
        vm.assume(second >= _price() * 2); // else it may make no share
        _stake(bob, second);
        vm.assertGe(_worth(alice), hers, "who comes takes nothing");
        vm.assertLe(_worth(bob), second, "nor gets more than it brings");
        vm.assertGe(_worth(bob) + _price(), second, "nor loses more than a share");

        uint256 shares = _shares(bob);
        _unbond(bob, shares);
        vm.warp(START + UNBONDING);
        hers = _worth(alice);
        uint256 back = _withdraw(bob);
        vm.assertLe(back, second, "no gain");
        vm.assertGe(back + _price() + 1, second, "no loss");
        vm.assertGe(_worth(alice), hers, "who leaves takes nothing");
    }

    /// @param seed 32 steps, a byte for what and a byte from `sizes` for how much
    function testFuzz_NobodyIsOwedMoreThanThereIs(uint256 seed, uint256 sizes) external {
        address[3] memory who = [provider, alice, bob];
        for (uint256 i = 0; i < 32; ++i) {
            uint256 what = (seed >> (8 * i)) % 256;
            uint256 size = uint256(keccak256(abi.encode(sizes, i)));
            _step(who[what % 3], (what / 3) % 7, size);
            _check(who);
        }
        _freeSlice(_pool().sliced);
        for (uint256 i = 0; i < 3; ++i) _leave(who[i]);
        IDatacenterRegistry.StakePool memory p = _pool();
        vm.assertEq(p.assets, 0, "the last one takes what is left");
        vm.assertEq(p.shares, 0, "no shares");
        vm.assertEq(_locked(), 0, "nothing stays behind");
    }

    function _step(address who, uint256 what, uint256 size) private {
        if (what == 0) {
            size = bound(size, 0, _balance(who));
            vm.prank(who);
            try registry.stake(provider, address(token), size, "") {} catch {} // too little for a share, too many shares
        } else if (what == 1) {
            uint256 shares = _shares(who);
            if (shares == 0) return;
            vm.prank(who);
            try registry.unbond(provider, address(token), bound(size, 1, shares)) {} catch {} // sliced
        } else if (what == 2) {
            if (_unbonding(who).shares == 0) return;
            vm.warp(_unbonding(who).availableAt);
            _withdraw(who);
        } else if (what == 3) {
            size = bound(size, 0, _balance(leaseManager) / 8);
            if (size != 0) _reward(size);
        } else if (what == 4) {
            _lockSlice(bound(size, 0, _free()));
        } else if (what == 5) {
            _freeSlice(bound(size, 0, _pool().sliced));
        } else {
            uint256 most = _pool().sliced;
            size = bound(size, 0, most);
            vm.assertEq(_slash(size, _none()), size, "a slice is always there");
        }
    }

    function _check(address[3] memory who) private view {
        IDatacenterRegistry.StakePool memory p = _pool();
        uint256 worth;
        uint256 shares;
        for (uint256 i = 0; i < 3; ++i) {
            worth += _worth(who[i]);
            shares += _shares(who[i]) + _unbonding(who[i]).shares;
        }
        vm.assertEq(shares, p.shares, "shares");
        vm.assertLe(worth, p.assets, "worth of all");
        vm.assertEq(_locked(), p.assets, "locked");
        _free(); // would revert if more were sliced than is bonded
        vm.assertLe(p.sliced, p.assets, "sliced");
    }

    function _leave(address who) private {
        uint256 shares = _shares(who);
        if (shares != 0) _unbond(who, shares);
        if (_unbonding(who).shares == 0) return;
        vm.warp(_unbonding(who).availableAt);
        _withdraw(who);
    }
}
