// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {Credit} from "../../../src/types/Lease.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

contract SliceTest is RegistryFixture {
    function _expectNotLeaseManager() private {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.NotLeaseManager.selector, provider));
        vm.prank(provider);
    }

    function _two(address a, uint256 x, address b, uint256 y) private pure returns (Credit[] memory credits) {
        credits = new Credit[](2);
        (credits[0], credits[1]) = (Credit(a, x), Credit(b, y));
    }

    function _logs() private returns (uint256) {
        return vm.getRecordedLogs().length;
    }

    function test_RevertWhen_CallerIsNotLeaseManager() external {
        _expectNotLeaseManager();
        registry.lockSlice(provider, address(token), 1);
        _expectNotLeaseManager();
        registry.freeSlice(provider, address(token), 1);
        _expectNotLeaseManager();
        registry.slash(provider, address(token), 1, _none());
        _expectNotLeaseManager();
        registry.reward(provider, address(token), 1);
    }

    function test_Zero_DoesNothing() external {
        _stake(alice, 10);
        vm.recordLogs();
        _lockSlice(0);
        _freeSlice(0);
        _freeSlice(1);
        vm.startPrank(leaseManager);
        registry.reward(provider, address(token), 0);
        vm.assertEq(registry.slash(provider, address(token), 0, _none()), 0, "taken");
        vm.assertEq(registry.slash(provider, address(token), 1, _none()), 0, "nothing is sliced");
        vm.assertEq(_logs(), 0, "logs");
    }

    function test_Lock_RevertWhen_StakeIsTooLow() external {
        _stake(alice, 100);
        _unbond(alice, 30 * VIRTUAL);
        _lockSlice(50);
        bytes4 why = IDatacenterRegistry.StakeTooLow.selector;
        vm.expectRevert(abi.encodeWithSelector(why, provider, address(token), 20, 21));
        _lockSlice(21);
        vm.expectRevert(abi.encodeWithSelector(why, provider, address(token), 20, type(uint256).max));
        _lockSlice(type(uint256).max);
        _lockSlice(20);
        vm.assertEq(_free(), 0, "free");
    }

    function test_LockAndFree() external {
        _stake(alice, 100);
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.SliceLocked(provider, address(token), 60);
        _lockSlice(60);
        vm.assertEq(_pool().sliced, 60, "sliced");
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.SliceFreed(provider, address(token), 20);
        _freeSlice(20);
        vm.assertEq(_free(), 60, "free");
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.SliceFreed(provider, address(token), 40);
        _freeSlice(41);
        vm.assertEq(_pool().sliced, 0, "never below zero");
    }

    function test_Slash_CreditsAndBurns() external {
        _stake(alice, 100);
        _lockSlice(60);
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.Slashed(provider, address(token), 50, 15);
        vm.assertEq(_slash(50, _two(bob, 25, address(0xAB), 10)), 50, "taken");
        vm.assertEq(_balance(bob), FUNDS + 25, "first");
        vm.assertEq(_balance(address(0xAB)), 10, "second");
        vm.assertEq(_balance(BURNED), 15, "burned");
        vm.assertEq(_locked(), 50, "locked");
        vm.assertEq(_pool().assets, 50, "assets");
        vm.assertEq(_pool().sliced, 10, "sliced");
        vm.assertEq(_shares(alice), 100 * VIRTUAL, "shares stay");
    }

    function test_Slash_TakesWhatIsSliced_CreditsAreCut() external {
        _stake(alice, 100);
        _lockSlice(30);
        vm.assertEq(_slash(50, _two(bob, 25, address(0xAB), 10)), 30, "taken");
        vm.assertEq(_balance(bob), FUNDS + 25, "first");
        vm.assertEq(_balance(address(0xAB)), 5, "second is cut");
        vm.assertEq(_balance(BURNED), 0, "burned");
    }

    function test_Slash_BurnsWhatIsForNobody() external {
        _stake(alice, 100);
        _lockSlice(30);
        vm.assertEq(_slash(30, _two(address(0), 25, bob, 10)), 30, "taken");
        vm.assertEq(_balance(bob), FUNDS + 10, "the other");
        vm.assertEq(_balance(BURNED), 20, "burned");
    }

    function test_Slash_OfAll_MakesSharesVoid() external {
        _stake(alice, 100);
        _lockSlice(100);
        _slash(100, _none());
        vm.assertEq(_pool().shares, 0, "shares");
        vm.assertEq(_pool().assets, 0, "assets");
        vm.assertEq(_shares(alice), 0, "alice");
        vm.assertEq(_balance(BURNED), 100, "burned");
    }

    function test_Reward_RaisesThePrice() external {
        _stake(alice, 100);
        vm.startPrank(leaseManager);
        vault.lock(address(token), leaseManager, 101, 0, "");
        vault.moveLock(address(token), address(registry), 101);
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.StakeRewarded(provider, address(token), 101);
        registry.reward(provider, address(token), 101);
        vm.stopPrank();
        // 100e6 of the 101e6 shares that the price counts; the last one out gets the rest.
        vm.assertEq(_free(), 200, "worth");
        _unbond(alice, 100 * VIRTUAL);
        vm.warp(START + UNBONDING);
        vm.assertEq(_withdraw(alice), 201, "all");
    }

    function test_Reward_OfAPoolWithoutShares_GoesToThePayout() external {
        _reward(40);
        vm.assertEq(_balance(payout), 40, "payout");
        vm.assertEq(_pool().assets, 0, "assets");
        vm.assertEq(_locked(), 0, "locked");
    }
}
