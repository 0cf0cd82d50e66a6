// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {Lease, LeaseState, Offer, Request, Terms} from "../../../src/types/Lease.sol";
import {Wallet} from "../../utils/Wallet.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract MatchOrdersTest is MarketFixture {
    function test_RevertWhen_OfferIsForAnotherRequest() external {
        Offer memory o = _offer();
        o.requestHash = keccak256("another");
        bytes4 why = IMarket.OfferForOtherRequest.selector;
        bytes32 hash = market.requestHash(_request());
        _refused(o, _request(), abi.encodeWithSelector(why, keccak256("another"), hash));
    }

    function test_RevertWhen_Expired() external {
        bytes4 why = IMarket.OrderExpired.selector;
        Offer memory o = _offer();
        o.expiresAt = START - 1;
        _refused(o, _request(), abi.encodeWithSelector(why, market.offerHash(o), START - 1));
        Request memory r = _request();
        r.expiresAt = START - 1;
        _refused(_offer(), r, abi.encodeWithSelector(why, market.requestHash(r), START - 1));
        (o.expiresAt, r.expiresAt) = (START, START);
        _match(o, r);
    }

    function test_RevertWhen_CounterIsStale() external {
        bytes4 why = IMarket.CounterStale.selector;
        Offer memory o = _offer();
        o.counter = 1;
        _refused(o, _request(), abi.encodeWithSelector(why, provider, 0, 1));
        vm.expectEmit(address(market));
        emit IMarket.CounterRaised(provider, 1);
        vm.prank(provider);
        vm.assertEq(market.raiseCounter(), 1, "raised");
        _refused(_offer(), _request(), abi.encodeWithSelector(why, provider, 1, 0));
        vm.prank(tenant);
        market.raiseCounter();
        _refused(o, _request(), abi.encodeWithSelector(why, tenant, 1, 0));
    }

    function test_RevertWhen_Cancelled() external {
        bytes4 why = IMarket.OrderWasCancelled.selector;
        bytes32 requested = market.requestHash(_request());
        vm.expectRevert(abi.encodeWithSelector(IMarket.NotMaker.selector, operator, tenant));
        vm.prank(operator);
        market.cancelRequest(_request());
        vm.expectEmit(address(market));
        emit IMarket.OrderCancelled(requested, tenant);
        vm.prank(tenant);
        market.cancelRequest(_request());
        vm.assertTrue(market.cancelled(requested), "cancelled");
        _refused(_offer(), _request(), abi.encodeWithSelector(why, requested));

        vm.expectRevert(abi.encodeWithSelector(IMarket.NotMaker.selector, tenant, provider));
        vm.prank(tenant);
        market.cancelOffer(_offer());
        vm.prank(operator);
        market.cancelOffer(_offer());
        Request memory other = _request();
        other.salt = 1;
        _refused(_offer(), other, abi.encodeWithSelector(why, market.offerHash(_offer())));
    }

    function test_RevertWhen_Filled() external {
        Request memory r = _request();
        r.fills = 1;
        (bytes32 id,) = _match(_offer(), r);
        bytes4 why = IMarket.OrderFilled.selector;
        _refused(_offer(), r, abi.encodeWithSelector(ILeaseManager.LeaseExists.selector, id));
        (r.fills, r.salt) = (2, 1);
        _match(_offer(), r);
        _match(_offer(), r);
        _refused(_offer(), r, abi.encodeWithSelector(why, market.requestHash(r), 2));
        (r.fills, r.salt) = (0, 2);
        _refused(_offer(), r, abi.encodeWithSelector(why, market.requestHash(r), 0));
        Offer memory o = _offer();
        o.volume = 0;
        _refused(o, _request(), abi.encodeWithSelector(why, market.offerHash(o), 0));
    }

    function test_RevertWhen_SignatureIsInvalid() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        (bytes32 offered, bytes32 requested) = (market.offerHash(o), market.requestHash(r));
        bytes memory good = _sign(OPERATOR_KEY, offered);
        bytes4 why = IMarket.SignatureInvalid.selector;

        // The provider's own key is no operator key: what the operator signs can be revoked, an identity cannot.
        bytes[4] memory bad = [_sign(PROVIDER_KEY, offered), _cut(good), _highS(OPERATOR_KEY, offered), bytes("")];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(why, offered, operator));
            market.matchOrders(o, bad[i], r, _sign(TENANT_KEY, requested), "");
        }
        vm.expectRevert(abi.encodeWithSelector(why, requested, tenant));
        market.matchOrders(o, good, r, _sign(TENANT_KEY, offered), "");
    }

    function test_RevertWhen_OperatorKeyWasReplaced() external {
        vm.prank(provider);
        registry.update(address(0x77), payout, 7, "https://dc.example", "eu-central");
        bytes32 offered = market.offerHash(_offer());
        _refused(
            _offer(), _request(), abi.encodeWithSelector(IMarket.SignatureInvalid.selector, offered, address(0x77))
        );
    }

    function test_RevertWhen_SignedForAnotherChain() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, market.requestHash(r));
        vm.chainId(99);
        bytes32 offered = market.offerHash(o);
        vm.expectRevert(abi.encodeWithSelector(IMarket.SignatureInvalid.selector, offered, operator));
        market.matchOrders(o, offerSignature, r, requestSignature, "");
    }

    function test_Matches() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        (bytes32 offered, bytes32 requested) = (market.offerHash(o), market.requestHash(r));
        bytes32 expected = keccak256(abi.encode(requested, uint32(0)));
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseMatched(expected, tenant, provider, requested, offered, 0, DEPOSIT, _terms(o, r));
        (bytes32 id, Terms memory terms) = _match(o, r);

        vm.assertEq(id, expected, "id");
        Lease memory l = manager.lease(id);
        vm.assertEq(l.escrow, DEPOSIT, "escrow");
        vm.assertEq(l.termsHash, keccak256(abi.encode(terms)), "terms");
        vm.assertTrue(l.state == LeaseState.Reserved, "state");
        vm.assertEq(_locked(address(manager)), DEPOSIT, "locked");
        vm.assertEq(_balance(tenant), 4 * DEPOSIT, "balance");
        vm.assertEq(registry.stakePool(provider, address(token)).sliced, SLICE, "slice");

        (bytes32 second,) = _match(o, r);
        vm.assertEq(second, keccak256(abi.encode(requested, uint32(1))), "second id");
        vm.assertEq(market.filled(requested), 2, "request");
        vm.assertEq(market.filled(offered), 2, "offer");
    }

    function test_OneFill_IsCountedByItsLease() external {
        Request memory r = _request();
        r.fills = 1;
        bytes32 requested = market.requestHash(r);
        vm.assertEq(market.filled(requested), 0, "before");
        _match(_offer(), r);
        vm.assertEq(market.filled(requested), 1, "after");
        vm.assertEq(market.filled(market.offerHash(_offer())), 1, "open Offer");
    }

    function test_Quote_IsCountedWhereItCouldRunOut() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        (o.requestHash, o.volume) = (market.requestHash(r), 2);
        bytes32 offered = market.offerHash(o);
        _match(o, r);
        _match(o, r);
        vm.assertEq(market.filled(offered), 2, "less than the Request wants");
        _refused(o, r, abi.encodeWithSelector(IMarket.OrderFilled.selector, offered, 2));

        (o.volume, r.salt) = (3, 1);
        o.requestHash = market.requestHash(r);
        for (uint256 i = 0; i < 3; ++i) {
            _match(o, r);
        }
        vm.assertEq(market.filled(market.offerHash(o)), 0, "the Request is counted");
        _refused(o, r, abi.encodeWithSelector(IMarket.OrderFilled.selector, o.requestHash, 3));

        (r.fills, r.salt) = (1, 2);
        o.requestHash = market.requestHash(r);
        vm.prank(operator);
        market.cancelOffer(o);
        _refused(o, r, abi.encodeWithSelector(IMarket.OrderWasCancelled.selector, market.offerHash(o)));
        o.salt = 1;
        vm.prank(tenant);
        market.cancelRequest(r);
        _refused(o, r, abi.encodeWithSelector(IMarket.OrderWasCancelled.selector, o.requestHash));
    }

    function test_MakerThatSends_NeedsNoSignature() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, market.requestHash(r));
        vm.prank(tenant);
        market.matchOrders(o, offerSignature, r, "", "");
        vm.prank(operator);
        market.matchOrders(o, "", r, requestSignature, "");
        vm.prank(provider);
        market.matchOrders(o, "", r, requestSignature, "");
    }

    function test_ContractSigns_OrSends() external {
        Wallet wallet = new Wallet(tenant);
        _fund(address(wallet), 3 * DEPOSIT);
        (Offer memory o, Request memory r) = (_offer(), _request());
        r.tenant = address(wallet);
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(o));
        bytes32 requested = market.requestHash(r);
        market.matchOrders(o, offerSignature, r, _sign(TENANT_KEY, requested), "");
        wallet.call(address(market), abi.encodeCall(IMarket.matchOrders, (o, offerSignature, r, "", "")));
        vm.assertEq(market.filled(requested), 2, "filled");

        vm.expectRevert(abi.encodeWithSelector(IMarket.SignatureInvalid.selector, requested, address(wallet)));
        market.matchOrders(o, offerSignature, r, _sign(OPERATOR_KEY, requested), "");
    }

    function _cut(bytes memory signature) private pure returns (bytes memory cut) {
        cut = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) {
            cut[i] = signature[i];
        }
    }

    /// @dev The other signature that the bare curve would accept for the same digest.
    function _highS(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }
}
